//! The log of an open store, read page by page and checked as a whole.

use super::database::{Line, Row, Store, StoreError};
use super::log::checkpoint::origin;
use super::log::finding::{Place, Report};
use super::log::note::Keys;
use super::log::records::{Kept, Records};
use super::log::tree::Hash;
use super::log::verify::{Held, Verifier};

/// Lines that are read at once.
pub const PAGE: usize = 8192;
/// Records that are read at once.
const ROWS: usize = 2000;

/// Hands the lines from place `from` up to before `to` over, in their order. One page is read while
/// the one before is looked at.
///
/// # Errors
/// What the store or `take` says.
pub fn lines<E: From<StoreError>>(
    store: &Store,
    from: u64,
    to: u64,
    mut take: impl FnMut(Line) -> Result<(), E>,
) -> Result<(), E> {
    let ask = |from: u64| store.lines(from, PAGE.min((to - from) as usize));
    let mut coming = if from < to { Some(ask(from)?) } else { None };
    while let Some(answer) = coming.take() {
        let page = answer.wait()?;
        let Some(next) = page.last().map(|line| line.n + 1) else {
            break;
        };
        if next < to {
            coming = Some(ask(next)?);
        }
        for line in page {
            if line.n < to {
                take(line)?;
            }
        }
    }
    Ok(())
}

/// The checkpoints that the store keeps.
///
/// # Errors
/// What the store says.
pub fn checkpoints(store: &Store) -> Result<Vec<Held>, StoreError> {
    let kept = store.checkpoints()?.wait()?;
    let held = kept.into_iter().map(|kept| Held {
        place: Place::Store,
        size: Some(kept.size),
        note: kept.text,
    });
    Ok(held.collect())
}

/// Hands all records over, in the order in which they were written last.
///
/// # Errors
/// What the store says.
pub fn rows(store: &Store, mut take: impl FnMut(Row)) -> Result<(), StoreError> {
    let mut from = 0;
    loop {
        // One act changes fewer than half a page.
        let mut rows = store.rows(from, ROWS)?.wait()?;
        let full = rows.len() == ROWS;
        let Some(last) = rows.last().map(|row| row.seq) else {
            return Ok(());
        };
        if full {
            rows.retain(|row| row.seq != last);
        }
        rows.into_iter().for_each(&mut take);
        if !full {
            return Ok(());
        }
        from = last;
    }
}

/// Checks the whole log against what `keys` signed, here and at the second places (`elsewhere`), and
/// the records against what the log says of them.
///
/// # Errors
/// What the store says.
pub fn verify(store: &Store, keys: &Keys, elsewhere: Vec<Held>) -> Result<Report, StoreError> {
    // Those that are kept beside the log first: what is written meanwhile lies behind them.
    let mut held = checkpoints(store)?;
    held.extend(elsewhere);
    let origin = origin(store.identity()?.wait()?);
    // Records before the lines: what is written meanwhile is known by its lines.
    let before = store.head()?.wait()?.size();
    let mut kept = Vec::new();
    rows(store, |row| {
        kept.push(Kept {
            key: row.key,
            version: row.version,
            body: row.body.map(|body| Hash::of(body.as_bytes())),
        });
    })?;
    let head = store.head()?.wait()?;
    let mut verifier = Verifier::new(&origin, keys, held);
    let mut written = Records::default();
    lines(store, 0, head.size(), |line| {
        verifier.line(line.n, &line.text, line.hash);
        written.line(line.n, &line.text);
        Ok::<(), StoreError>(())
    })?;
    let report = verifier.finish(Some(&head));
    Ok(report.and(written.compare(kept, before)))
}
