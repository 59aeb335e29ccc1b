//! One machine: what keeping an act costs, a start with a year of data, and the check of the log.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::seat::{Cost, Seat, cost, ms_since};
use super::share;
use crate::base::{clock, threads};
use crate::demo::children::own_program;
use crate::model::id::Id;
use crate::store::database::new_id;

/// Lines that a seat's log grows by in a year: some 1,100 a day, which is each of 45 cameras enlarged
/// once an hour and what two people sign, hand over and answer.
const LINES_A_YEAR: u64 = 400_000;
/// Records of a year: ten claims a day and their trouble, 1,100 shifts with their papers and breaks,
/// people, posts and settings.
const RECORDS_A_YEAR: usize = 20_000;
/// How often the start is measured; the slowest counts.
const STARTS: usize = 5;

pub(super) fn append(home: &Path) -> anyhow::Result<Cost> {
    let seat = Seat::open(&home.join("append"), "bench", None, Arc::new(|| {}))?;
    seat.there()?;
    seat.found()?;
    let cost = cost(&seat, 1000, 40_000)?;
    seat.close()?;
    Ok(cost)
}

/// What a year of data costs.
pub(super) struct Year {
    pub(super) start_ms: f64,
    pub(super) verify_s: f64,
    pub(super) lines: u64,
    pub(super) bytes_a_line: f64,
}

/// Fills a store with a year of acts, starts it, fills its log up to `lines` and checks that.
pub(super) fn year(home: &Path, lines: u64) -> anyhow::Result<Year> {
    let folder = home.join("year");
    let records: Vec<Id> = (0..RECORDS_A_YEAR).map(|_| new_id()).collect();
    let fill = |upto: u64, with_records: bool| -> anyhow::Result<()> {
        let seat = open(&folder)?;
        seat.there()?;
        let news = seat.news.clone();
        threads::spawn("bench-news", move || while news.recv().is_ok() {})?;
        if with_records {
            seat.keep(seat.register_key())?;
            seat.found()?;
            // Each record was made and changed.
            for expect in 0..2 {
                seat.keep_all(records.iter().map(|id| seat.claim(*id, expect)))?;
            }
        }
        let size = seat.store()?.head()?.wait()?.size();
        let begun = clock::now();
        let more = upto.saturating_sub(size);
        seat.keep_all((0..more).map(|_| seat.act("camera-enlarged", Vec::new())))?;
        eprintln!("{more} lines written in {:.1} s", ms_since(begun) / 1e3);
        seat.close()
    };
    fill(LINES_A_YEAR.min(lines), true)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let begun = clock::now();
        let seat = open(&folder)?;
        let told = seat.there()?;
        starts.push(ms_since(begun));
        if told <= RECORDS_A_YEAR {
            bail!("{told} of {RECORDS_A_YEAR} records were told");
        }
        seat.close()?;
    }
    starts.sort_by(f64::total_cmp);
    eprintln!("starts: {starts:.0?} ms");
    fill(lines, false)?;
    let bytes = std::fs::metadata(folder.join("store.db"))?.len();
    Ok(Year {
        start_ms: share(&starts, 1.0),
        verify_s: verify(&folder)?,
        lines,
        bytes_a_line: bytes as f64 / lines as f64,
    })
}

fn open(folder: &Path) -> anyhow::Result<Seat> {
    Seat::open(folder, "bench", None, Arc::new(|| {}))
}

/// Seconds of `qyran audit verify`, as a process of its own.
fn verify(folder: &Path) -> anyhow::Result<f64> {
    let begun = clock::now();
    let said = Command::new(own_program()?)
        .args(["audit", "verify", "--lang", "en", "--data"])
        .arg(folder)
        .arg("--config")
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .context("qyran audit verify")?;
    let seconds = ms_since(begun) / 1e3;
    let text = String::from_utf8_lossy(&said.stdout);
    eprintln!("{}", text.trim());
    if !said.status.success() {
        bail!(
            "the log that was just written is not clean: {}",
            text.trim()
        );
    }
    Ok(seconds)
}
