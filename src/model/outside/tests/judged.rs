//! What is thought of an event that has come.

use super::super::*;
use super::{NOW, full};

const SECOND: i64 = 1_000_000_000;

fn judged(change: impl FnOnce(&mut OutsideEvent)) -> Judged {
    let mut event = full();
    event.at = NOW;
    change(&mut event);
    judge(&event, NOW, &class::ALL, |camera| {
        camera.as_str() == "ak-017"
    })
    .expect("taken")
}

#[test]
fn times_are_judged_to_the_second() {
    let check = |ago_secs: i64, expect: Option<Remark>, may_ring: bool| {
        let at = NOW.plus_nanos(-ago_secs * SECOND);
        let judged = judged(|event| event.at = at);
        let future = matches!(expect, Some(Remark::Future { .. }));
        assert_eq!(judged.remarks, Vec::from_iter(expect), "{ago_secs} s ago");
        assert_eq!(judged.may_ring, may_ring, "{ago_secs} s ago");
        assert_eq!(judged.at, if future { NOW } else { at }, "{ago_secs} s ago");
    };
    check(0, None, true);
    check(-300, None, true);
    check(-301, Some(Remark::Future { secs: 301 }), true);
    check(3600, None, true);
    check(3601, Some(Remark::Late { secs: 3601 }), true);
    check(604_800, Some(Remark::Late { secs: 604_800 }), true);
    check(604_801, Some(Remark::Ancient { secs: 604_801 }), false);
    // A device without a clock, and one that is far ahead.
    let judged = judged(|event| event.at = WallTime(0));
    assert!(matches!(judged.remarks[..], [Remark::Ancient { .. }]) && !judged.may_ring);
    let far = self::judged(|event| event.at = WallTime(i64::MAX));
    assert_eq!((far.at, far.may_ring), (NOW, true));
    self::judged(|event| event.at = WallTime(i64::MIN));
}

#[test]
fn cameras_and_places_that_are_none_are_left_out_and_told() {
    let known = judged(|_| {});
    assert_eq!(known.camera, full().camera);
    assert!(known.position.is_some() && known.remarks.is_empty());
    let gone = CameraId::new("ak-999").expect("an id");
    let judged = judged(|event| event.camera = Some(gone.clone()));
    assert_eq!((judged.camera, judged.may_ring), (None, true));
    assert_eq!(judged.remarks, [Remark::UnknownCamera(gone)]);
    let nowhere = self::judged(|event| {
        let position = Some(Position {
            lat_deg: 0.0,
            lon_deg: 0.0,
        });
        event.place = Some(Place {
            position,
            ..Place::default()
        });
    });
    assert_eq!(
        (nowhere.position, nowhere.remarks),
        (None, vec![Remark::NoFix])
    );
    let bent = self::judged(|event| event.site = Some("a\u{fffd}".to_owned()));
    assert_eq!(bent.remarks, [Remark::Neutralised]);
}

#[test]
fn more_of_something_and_its_end_raise_nothing() {
    let thing = || "x".to_owned();
    assert!(judged(|event| event.stage = Stage::Once).may_ring);
    assert!(judged(|event| event.stage = Stage::Begun { thing: thing() }).may_ring);
    assert!(!judged(|event| event.stage = Stage::Updated { thing: thing() }).may_ring);
    assert!(!judged(|event| event.stage = Stage::Ended { thing: thing() }).may_ring);
}

#[test]
fn classes_that_nobody_knows_are_refused_with_what_may_be_meant() {
    let refused = |class: &str| {
        let mut event = full();
        event.class = class.to_owned();
        judge(&event, NOW, &class::ALL, |_| true)
            .expect_err("refused")
            .to_string()
    };
    let told = refused("bracelet.strp");
    assert!(told.starts_with("/class: "), "{told}");
    assert!(told.contains("such as bracelet.strap, "), "{told}");
    assert!(refused("fire.forest").contains("GET /v1/classes lists them"));
    let own = refused("seen.crowd");
    assert!(own.contains("own detectors"), "{own}");
    assert!(class::ALL.iter().all(|key| class::is_class(key)));
    // Even where somebody put it on the list.
    let mut event = full();
    event.class = "seen.crowd".to_owned();
    assert!(judge(&event, NOW, &["seen.crowd"], |_| true).is_err());
}

#[test]
fn every_remark_has_its_words() {
    let words = include_str!("../../../../assets/words/en.ftl");
    let camera = CameraId::new("a").expect("an id");
    for remark in [
        Remark::Future { secs: 1 },
        Remark::Late { secs: 1 },
        Remark::Ancient { secs: 1 },
        Remark::UnknownCamera(camera),
        Remark::NoFix,
        Remark::Neutralised,
        Remark::StillLost,
    ] {
        assert!(
            words.contains(&format!("\n{} = ", remark.words_key())),
            "{remark:?}"
        );
        assert!(!remark.to_string().is_empty());
    }
}
