//! What the detectors see, on the tiles and on the card.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable as _;
use qyran::app::command::Side;
use qyran::app::state::feed_id;
use qyran::detect::{Descriptor, Observation, Provider, Status};
use qyran::model::camera::{CameraId, StreamKind};
use qyran::model::detection::counting::Counting;
use qyran::model::detection::rule::{Direction, Line, RuleId, What, Zone};
use qyran::model::detection::track::Tracker;
use qyran::model::detection::watch::Sight;
use qyran::model::detection::{Detection, Rule};
use qyran::words::Language;

use super::{NOW, TestWall, harness, snapshot, wall};

const MINUTE: i64 = 60_000_000_000;

/// Two people and a car, seen a moment ago.
fn see(test: &mut TestWall, index: usize) {
    let camera = Arc::clone(&test.state.cameras[index]);
    let id = feed_id(&camera, StreamKind::Sub);
    let key = test.state.streams[&id].key;
    let one = |class: &str, region: [f32; 4]| Detection {
        class: class.into(),
        score: 0.8,
        region: region.into(),
    };
    let mut tracker = Tracker::default();
    let found = [
        one("person", [0.10, 0.30, 0.18, 0.80]),
        one("person", [0.42, 0.35, 0.50, 0.85]),
        one("car", [0.60, 0.40, 0.95, 0.75]),
    ];
    tracker.step(&found, Duration::ZERO);
    tracker.step(&found, Duration::from_millis(800));
    let observation = Observation {
        feed: key,
        arrival: test.now,
        at: Duration::from_millis(800),
        tracks: tracker.tracks().to_vec(),
        changes: Vec::new(),
        looks: 120,
        interval: Some(Duration::from_millis(800)),
        cost: Duration::from_millis(30),
        parts: 1,
        sight: vec![(RuleId::new("blade"), Sight::Nowhere)],
        numbers: Vec::new(),
    };
    test.state.eyes.seen.insert(key, Arc::new(observation));
}

fn rules(camera: &CameraId) -> Vec<Rule> {
    let line = Line::of([0.0, 0.6], [1.0, 0.6]);
    let counting = Rule::new(RuleId::new("line"), camera.clone(), What::Counting { line });
    let zone = Zone::whole();
    let blade = Rule::new(RuleId::new("blade"), camera.clone(), What::Blade { zone });
    vec![counting, blade]
}

/// Counted for some hours, with a gap at noon and an hour that was watched in part.
fn counts() -> Counting {
    let mut counting = Counting::default();
    let hour = 60 * MINUTE;
    for ago in 0..20_i64 {
        if (6..9).contains(&ago) {
            continue;
        }
        let begin = NOW.plus_nanos(-(ago + 1) * hour);
        let watched = if ago == 0 { 35 * MINUTE } else { hour };
        for part in 0..watched / MINUTE {
            let from = begin.plus_nanos(part * MINUTE);
            counting.watched(from, from.plus_nanos(MINUTE));
            if part % (2 + ago) == 0 {
                counting.crossed(from, &"person".into(), Direction::LeftToRight);
            }
            if part % 5 == 0 {
                counting.crossed(from, &"car".into(), Direction::RightToLeft);
            }
        }
    }
    counting
}

fn watched(language: Language) -> TestWall {
    let mut test = wall(4, language);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/nanodet-g-416x256");
    test.state
        .eyes
        .set_model(Descriptor::read(&folder).unwrap());
    test.state.eyes.status = Some(Status::Watching {
        model: "nanodet-g-416x256".to_owned(),
        provider: Provider::Cpu,
        looks_per_s: 12.0,
        cores: 0.5,
        apart: false,
        trouble: None,
    });
    let camera = test.state.cameras[0].id.clone();
    see(&mut test, 0);
    let eyes = &mut test.state.eyes;
    eyes.counts
        .insert((camera.clone(), RuleId::new("line")), counts());
    eyes.rules.insert(camera.clone(), rules(&camera));
    test.state.side = Some(Side::Card);
    test
}

#[test]
fn boxes_counts_and_gaps_are_told_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let test = watched(language);
        let mut harness = harness(test, 1280.0, 900.0);
        snapshot(
            &mut harness,
            &mut results,
            &format!("detectors_{}", language.tag()),
        );
    }
}

#[test]
fn a_line_that_nobody_watched_has_no_number() {
    let mut test = watched(Language::En);
    let camera = test.state.cameras[0].id.clone();
    let mut old = Counting::default();
    let long_ago = NOW.plus_nanos(-3 * 60 * MINUTE);
    old.watched(long_ago, long_ago.plus_nanos(20 * MINUTE));
    let key = (camera, RuleId::new("line"));
    let full = test.state.eyes.counts.insert(key.clone(), old).unwrap();
    let harness_of = |test| harness(test, 1280.0, 900.0);
    let harness = harness_of(test);
    assert!(harness.query_by_label("not analysed").is_some());
    assert!(
        harness
            .query_by_label_contains("in the last hour")
            .is_none()
    );
    // 35 of 60 minutes were watched: at least so many.
    let mut test = watched(Language::En);
    test.state.eyes.counts.insert(key, full);
    let harness = harness_of(test);
    let least = harness.get_by_label_contains("in the last hour");
    let text = format!("{least:?}");
    assert!(text.contains("≥ 18") && text.contains("58 %"), "{text}");
}
