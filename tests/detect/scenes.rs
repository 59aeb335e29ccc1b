//! What happens in the scripted clips is told, at its time and place, and nothing else is.
//!
//! The clips are made where they are missing, by `packaging/make-clips`; a few of them in a plain
//! run, all in a long one (`QYRAN_LONG=1`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use qyran::base::clock::WallTime;
use qyran::detect::Observer;
use qyran::media;
use qyran::media::clip::Clip;
use qyran::model::detection::fact::Stage;
use qyran::model::detection::rule::file::{self, Form};
use qyran::model::detection::watch::Limits;
use qyran::model::detection::{Fact, Region};
use qyran::trial::look_through;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::harness::{WIDE, model};

/// How far the told box must lie over the true one.
const LEAST_OVERLAP: f32 = 0.3;
const NOON: &str = "2026-03-02T12:00";

#[derive(Deserialize)]
struct Truth {
    clip: String,
    rules: String,
    looks_per_s: f32,
    begins: Option<String>,
    facts: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    kind: String,
    from: f64,
    to: f64,
    #[serde(rename = "box")]
    region: Option<Region>,
    #[serde(default)]
    with_person: bool,
}

fn scenes() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/scenes")
}

/// Where the clips of these very scenes lie: another script or scene makes others.
fn clips_folder(scene: &str) -> PathBuf {
    let packaging = scenes().parent().expect("packaging").to_owned();
    let mut files: Vec<PathBuf> = fs::read_dir(scenes().join(scene))
        .expect("the scene")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| !path.to_string_lossy().contains("truth"))
        .collect();
    files.sort();
    files.push(packaging.join("make-clips"));
    files.push(scenes().join("cutouts.py"));
    files.push(scenes().join("cuts.json"));
    let mut hash = Sha256::new();
    for file in files {
        hash.update(fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())));
    }
    let hash = qyran::base::hex::hex(&hash.finalize()[..6]);
    let cache = qyran::city::footage::default_dir().expect("a home");
    let cache = cache.parent().expect("a cache").join("scenes-v1");
    cache.join(format!("{scene}-{hash}"))
}

/// Makes the clips of a scene once.
fn made(scene: &str) -> PathBuf {
    let folder = clips_folder(scene);
    if folder.is_dir() {
        return folder;
    }
    let new = folder.with_extension(format!("{}.new", std::process::id()));
    let script = scenes().parent().expect("packaging").join("make-clips");
    let done = Command::new(&script)
        .arg("--out")
        .arg(&new)
        .arg(scene)
        .output();
    let done = done.unwrap_or_else(|error| panic!("{}: {error}", script.display()));
    assert!(
        done.status.success(),
        "make-clips {scene}: {}; packaging/setup.sh test brings what it needs",
        String::from_utf8_lossy(&done.stderr)
    );
    // Another run may have been faster.
    if fs::rename(&new, &folder).is_err() {
        fs::remove_dir_all(&new).expect("ours");
    }
    folder
}

fn told(scene: &str, truth: &Truth) -> (WallTime, Vec<Fact>) {
    media::init().expect("GStreamer");
    let rules = fs::read_to_string(scenes().join(scene).join(&truth.rules)).expect("rules");
    let loaded = file::read(&rules, Form::Toml);
    assert!(loaded.faults.is_empty(), "{scene}: {:?}", loaded.faults);
    let begins: DateTime = truth
        .begins
        .as_deref()
        .unwrap_or(NOON)
        .parse()
        .expect("a time");
    let begins = begins.to_zoned(TimeZone::UTC).expect("a time").timestamp();
    let begins = WallTime::from_micros(begins.as_microsecond());
    let mut observer = Observer::new(loaded.rules, TimeZone::UTC, Limits::default());
    let path = made(scene).join(format!("{}.mp4", truth.clip));
    let mut clip = Clip::open(&path).expect("the clip");
    let mut facts = Vec::new();
    let (model, looks) = (&mut model(WIDE), truth.looks_per_s);
    look_through(&mut clip, model, &mut observer, looks, begins, |look| {
        let first = |fact: &&Fact| matches!(fact.stage, Stage::Begun | Stage::Once);
        facts.extend(look.facts.iter().filter(first).cloned());
        Ok(())
    })
    .expect("looked through");
    (begins, facts)
}

/// What was not told, and what was told that does not happen.
fn wrong(truth: &Truth, begins: WallTime, mut facts: Vec<Fact>) -> Vec<String> {
    let second = |fact: &Fact| fact.last_seen.nanos_since(begins) as f64 / 1e9;
    let mut wrong = Vec::new();
    for wanted in &truth.facts {
        let middle = f64::midpoint(wanted.from, wanted.to);
        let nearest = facts
            .iter()
            .enumerate()
            .filter(|(_, fact)| fact.kind.word() == wanted.kind)
            .min_by(|a, b| {
                let far = |fact: &Fact| (second(fact) - middle).abs();
                far(a.1).total_cmp(&far(b.1))
            })
            .map(|(index, _)| index);
        let Some(index) = nearest else {
            wrong.push(format!("{} was not told", wanted.kind));
            continue;
        };
        let fact = facts.remove(index);
        let at = second(&fact);
        if !(wanted.from..=wanted.to).contains(&at) {
            wrong.push(format!("{} was told at {at:.1} s", wanted.kind));
        }
        let overlap = wanted.region.map(|region| region.iou(&fact.region));
        if overlap.is_some_and(|overlap| overlap < LEAST_OVERLAP) {
            wrong.push(format!(
                "{} was told at another place: {overlap:?}",
                wanted.kind
            ));
        }
        if wanted.with_person && fact.with.is_empty() {
            wrong.push(format!("{} was told without the person", wanted.kind));
        }
    }
    let rest = facts
        .iter()
        .map(|fact| format!("{} was told at {:.1} s", fact.kind.word(), second(fact)));
    wrong.extend(rest);
    wrong
}

fn judge(scene: &str) {
    let mut faults = Vec::new();
    for which in ["happens", "innocent"] {
        let path = scenes().join(scene).join(format!("{which}.truth.json"));
        let truth: Truth =
            serde_json::from_str(&fs::read_to_string(path).expect("truth")).expect("truth");
        let (begins, facts) = told(scene, &truth);
        let wrong = wrong(&truth, begins, facts);
        faults.extend(wrong.into_iter().map(|fault| format!("{which}: {fault}")));
    }
    assert!(faults.is_empty(), "{scene}: {}", faults.join("; "));
}

#[test]
fn a_bag_that_is_left_is_told_and_one_that_is_taken_along_is_not() {
    judge("left");
}

#[test]
fn somebody_in_the_closed_yard_is_told_and_wind_and_light_are_not() {
    judge("closed");
}

#[test]
fn a_van_that_does_not_yield_is_told_and_one_that_waits_is_not() {
    judge("yield");
}

#[test]
fn a_crowd_is_told_and_as_many_as_may_be_are_not_and_in_a_long_run_all_other_scenes() {
    judge("crowd");
    // Each is half a minute of video or more.
    if std::env::var_os("QYRAN_LONG").is_some() {
        for scene in [
            "removed",
            "removed-bag",
            "litter",
            "wrong-way",
            "wrong-way-person",
        ] {
            judge(scene);
        }
    }
}
