//! Three years of alarms in one store: how long until the queue and the first page of the past are there,
//! and how long a search takes.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use crate::base::clock::{self, WallTime};
use crate::base::threads;
use crate::bench::store::seat::{Seat, ms_since};
use crate::model::act::{Act, Draft};
use crate::model::alarm::acts;
use crate::model::alarm::alarm::{Alarm, Past};
use crate::model::alarm::class::{Class, ClassKey, Classes};
use crate::model::alarm::occurrence::Occurrence;
use crate::model::alarm::past::Query;
use crate::model::camera::CameraId;
use crate::model::detection::fact::Stage;
use crate::model::id::Id;
use crate::store::database::new_id;

/// Past alarms of one act while the store is filled.
const AT_ONCE: usize = 200;
/// Alarms that are open.
const OPEN: usize = 200;
/// So long they go back, microseconds: three years.
const YEARS_US: i64 = 3 * 365 * 86_400_000_000;
/// Cameras that they are spread over.
const CAMERAS: usize = 9000;
/// What the panel shows at once.
const PAGE: usize = 200;
/// How often each search is made.
const ROUNDS: usize = 5;

/// What was measured.
pub(super) struct Measured {
    pub(super) open_ms: f64,
    pub(super) filter_ms: f64,
    pub(super) alarms: usize,
    pub(super) file_mib: f64,
}

pub(super) fn measure(folder: &Path, alarms: usize) -> anyhow::Result<Measured> {
    fill(folder, alarms)?;
    let mut opens = Vec::new();
    for _ in 0..ROUNDS {
        let begun = clock::now();
        let seat = open(folder)?;
        let told = seat.there()?;
        let page = look(&seat, Query::default())?;
        opens.push(ms_since(begun));
        if told < OPEN || page != PAGE.min(alarms) {
            bail!("{told} records and {page} past alarms were told");
        }
        seat.close()?;
    }
    opens.sort_by(f64::total_cmp);
    eprintln!("opened in {opens:.0?} ms");
    let seat = open(folder)?;
    seat.there()?;
    let mut times = Vec::new();
    for (name, query) in queries() {
        let mut own = Vec::new();
        let mut found = 0;
        for _ in 0..ROUNDS {
            let begun = clock::now();
            found = look(&seat, query.clone())?;
            own.push(ms_since(begun));
        }
        own.sort_by(f64::total_cmp);
        eprintln!("{name}: {found} found, {own:.1?} ms");
        times.extend(own);
    }
    seat.close()?;
    times.sort_by(f64::total_cmp);
    let p95 = (times.len() as f64 * 0.95).ceil() as usize;
    let bytes = std::fs::metadata(folder.join("store.db"))?.len();
    Ok(Measured {
        // The slowest counts.
        open_ms: opens.last().copied().context("it was opened")?,
        filter_ms: times
            .get(p95.saturating_sub(1))
            .copied()
            .context("no times")?,
        alarms,
        file_mib: bytes as f64 / 1_048_576.0,
    })
}

fn open(folder: &Path) -> anyhow::Result<Seat> {
    Seat::open(folder, "bench", None, Arc::new(|| {}))
}

fn look(seat: &Seat, query: Query) -> anyhow::Result<usize> {
    let query = Query {
        most: PAGE,
        ..query
    };
    let rows = seat.store()?.past(query)?.wait()?;
    // As the panel does: what is found is read.
    for body in rows.iter().filter_map(|row| row.body.as_deref()) {
        serde_json::from_str::<Past>(body).context("a past alarm")?;
    }
    Ok(rows.len())
}

/// What an operator asks for.
fn queries() -> Vec<(&'static str, Query)> {
    let now = clock::wall_now();
    let ago = |days: i64| Some(now.plus_nanos(-days * 86_400_000_000_000));
    let class = |key: &str| ClassKey::new(key);
    let camera = CameraId::new("cam-4711").ok();
    let words = |words: &str| Query {
        words: words.to_owned(),
        ..Query::default()
    };
    vec![
        (
            "the last day",
            Query {
                from: ago(1),
                ..Query::default()
            },
        ),
        (
            "a week a year ago",
            Query {
                from: ago(372),
                before: ago(365),
                ..Query::default()
            },
        ),
        (
            "a class",
            Query {
                class: class("seen.left"),
                ..Query::default()
            },
        ),
        (
            "a class, a month",
            Query {
                class: class("plate.hit"),
                from: ago(30),
                ..Query::default()
            },
        ),
        (
            "a camera",
            Query {
                camera: camera.clone(),
                ..Query::default()
            },
        ),
        (
            "a camera and a class",
            Query {
                camera,
                class: class("seen.crowd"),
                ..Query::default()
            },
        ),
        ("a word", words("көше 4711")),
        ("a plate", words("plate-123456")),
        ("a word that is nowhere", words("ештеңе")),
    ]
}

fn fill(folder: &Path, alarms: usize) -> anyhow::Result<()> {
    let begun = clock::now();
    let seat = open(folder)?;
    seat.there()?;
    let news = seat.news.clone();
    threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
    seat.keep(seat.register_key())?;
    seat.found()?;
    let classes: Vec<Class> = Classes::default()
        .iter()
        .map(|(_, class)| class.clone())
        .collect();
    let keys: Vec<ClassKey> = Classes::default()
        .iter()
        .map(|(key, _)| key.clone())
        .collect();
    let now = clock::wall_now();
    let one = |index: usize| -> anyhow::Result<(Alarm, &Class)> {
        let at = index % keys.len();
        let back = YEARS_US / alarms.max(1) as i64 * (alarms - index.min(alarms)) as i64;
        let time = WallTime::from_micros(now.micros() - back);
        let number = index * 7919 % CAMERAS;
        let occurrence = Occurrence {
            id: new_id(),
            thing: new_id(),
            class: keys[at].clone(),
            stage: Stage::Once,
            at: time,
            heard: time,
            camera: Some(CameraId::new(format!("cam-{number:04}"))?),
            place: format!("Тұран көшесі {number}"),
            position: None,
            subject: Some(format!("plate-{index}")),
            source: "bench".to_owned(),
            text: None,
            region: None,
            score: None,
            still: None,
            seat: "bench".to_owned(),
        };
        Ok((
            Alarm::raise(new_id(), &occurrence, &classes[at]),
            &classes[at],
        ))
    };
    let mut written = 0;
    while written < alarms {
        let group = (alarms - written).min(AT_ONCE * 32);
        let mut all: Vec<Act> = Vec::new();
        for first in (written..written + group).step_by(AT_ONCE) {
            let mut draft = Draft::new(acts::REPEATED);
            for index in first..(first + AT_ONCE).min(written + group) {
                let (alarm, class) = one(index)?;
                let (number, ended) = (alarm.number, alarm.raised.plus_nanos(60_000_000_000));
                draft = draft.put(number, 0, &Past::new(alarm, ended, Some(class)));
            }
            all.push(seat.act(&draft.kind, draft.changes));
        }
        seat.keep_all(all)?;
        written += group;
    }
    let mut draft = Draft::new(acts::RAISED);
    for index in 0..OPEN {
        let (mut alarm, _) = one(alarms + index)?;
        alarm.key = format!("open {index}");
        let id: Id = acts::record_id("north", &alarm.key);
        draft = draft.put(id, 0, &alarm);
    }
    seat.keep(seat.act(&draft.kind, draft.changes))?;
    seat.close()?;
    eprintln!(
        "{alarms} past alarms written in {:.1} s",
        ms_since(begun) / 1e3
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_past_is_filled_opened_and_searched() {
        let folder = tempfile::tempdir().unwrap();
        let measured = measure(folder.path(), 500).unwrap();
        assert_eq!(measured.alarms, 500);
        let seat = open(folder.path()).unwrap();
        seat.there().unwrap();
        let found = |words: &str| {
            let query = Query {
                words: words.to_owned(),
                ..Query::default()
            };
            look(&seat, query).unwrap()
        };
        // 7919 × 17 mod 9000 = 8623.
        assert_eq!(found("8623"), 1);
        assert_eq!(found("plate-17"), 11);
        assert_eq!(found("көшесі"), PAGE);
        assert_eq!(found("ештеңе"), 0);
        seat.close().unwrap();
    }
}
