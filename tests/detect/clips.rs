//! What the model, the tracker and the rules make of a street.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use qyran::base::clock::WallTime;
use qyran::detect::Observer;
use qyran::model::camera::CameraId;
use qyran::model::detection::rule::{Rule, RuleId, What, Zone};
use qyran::model::detection::track::State;
use qyran::model::detection::watch::Limits;
use qyran::model::detection::{Class, Region, Stage};
use qyran::trial::look_through;

use crate::harness::{WIDE, clip, model};

const BEGINS: WallTime = WallTime(1_700_000_000_000_000_000);

fn rule(id: &str, what: What) -> Rule {
    let camera = CameraId::new("street").expect("an id");
    let mut rule = Rule::new(RuleId::new(id), camera, what);
    rule.classes.insert(Class::from("person"));
    rule
}

#[test]
fn a_street_has_people_who_stay_who_they_are() {
    let mut model = model(WIDE);
    let mut observer = Observer::new(Vec::new(), TimeZone::UTC, Limits::default());
    let mut followed: BTreeMap<u64, u32> = BTreeMap::new();
    let mut looks = 0;
    let mut with_people = 0;
    let done = look_through(
        &mut clip("sub-01.h264"),
        &mut model,
        &mut observer,
        5.0,
        BEGINS,
        |look| {
            looks += 1;
            let people = look.tracks.iter().filter(|track| {
                track.class.as_str() == "person" && track.state == State::Confirmed
            });
            let people: Vec<u64> = people.map(|track| track.id).collect();
            with_people += u32::from(people.len() >= 2);
            for id in people {
                *followed.entry(id).or_default() += 1;
            }
            Ok(())
        },
    )
    .expect("looked through");
    assert!(done.looks >= 40, "{done:?}");
    assert!(
        f64::from(with_people) >= 0.9 * f64::from(looks),
        "people in {with_people} of {looks} looks"
    );
    // Most of what is followed is followed for seconds, not for a look: few numbers are given out.
    let long = followed.values().filter(|looks| **looks >= 10).count();
    assert!(long >= 3, "{followed:?}");
    assert!(followed.len() <= 4 * long, "{followed:?}");
}

#[test]
fn rules_tell_the_same_at_any_rate_of_looks_and_end_with_the_clip() {
    for looks in [5.0, 2.0, 1.0] {
        let zone = Zone::whole();
        let rules = vec![
            rule("somebody", What::Zone { zone: zone.clone() }),
            rule(
                "many",
                What::Crowd {
                    zone,
                    over: 60,
                    seconds: 1.0,
                },
            ),
        ];
        let mut observer = Observer::new(rules, TimeZone::UTC, Limits::default());
        let mut facts = Vec::new();
        let mut clip = clip("sub-01.h264");
        look_through(
            &mut clip,
            &mut model(WIDE),
            &mut observer,
            looks,
            BEGINS,
            |look| {
                facts.extend_from_slice(look.facts);
                Ok(())
            },
        )
        .expect("looked through");
        let begun: BTreeSet<_> = facts
            .iter()
            .filter(|fact| fact.stage == Stage::Begun)
            .map(|fact| fact.id)
            .collect();
        let ended: BTreeSet<_> = facts
            .iter()
            .filter(|fact| fact.stage == Stage::Ended)
            .map(|fact| fact.id)
            .collect();
        assert!(begun.len() >= 3, "{looks} looks/s: {} facts", begun.len());
        assert!(begun.len() <= 40, "{looks} looks/s: {} facts", begun.len());
        assert_eq!(begun, ended, "what begins ends");
        assert!(
            facts
                .iter()
                .all(|fact| fact.rule == RuleId::new("somebody"))
        );
        assert!(facts.iter().all(|fact| fact.first_seen >= BEGINS));
    }
}

#[test]
fn a_part_of_the_picture_is_placed_in_the_whole() {
    let mut model = model(WIDE);
    let mut clip = clip("sub-01.h264");
    let picture = clip.next_picture().expect("readable").expect("a picture");
    let mut whole = Vec::new();
    model
        .look(&picture, Region::WHOLE, 0.45, &mut whole)
        .expect("a look");
    let people: Vec<_> = whole
        .iter()
        .filter(|found| found.class.as_str() == "person")
        .collect();
    let part = Region::from([0.0, 0.0, 0.6, 0.6]);
    let mut cropped = Vec::new();
    model
        .look(&picture, part, 0.45, &mut cropped)
        .expect("a look");
    assert!(
        cropped
            .iter()
            .all(|found| found.region.share_in(&part) > 0.99)
    );
    let inside: Vec<_> = people
        .iter()
        .filter(|found| found.region.share_in(&part) > 0.99)
        .collect();
    assert!(!inside.is_empty(), "somebody is there");
    for found in inside {
        let again = cropped.iter().map(|other| other.region.iou(&found.region));
        let best = again.fold(0.0, f32::max);
        assert!(best > 0.5, "{found:?} is not in {cropped:?}");
    }
}

#[test]
fn a_file_that_is_no_video_is_told_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.mp4");
    std::fs::write(&path, vec![7_u8; 4096]).expect("a file");
    qyran::media::init().expect("GStreamer");
    let told = qyran::media::clip::Clip::open(&path)
        .and_then(|mut clip| clip.next_picture().map(|_| Duration::ZERO));
    let told = told.expect_err("no video").to_string();
    assert!(told.contains("notes.mp4"), "{told}");
}
