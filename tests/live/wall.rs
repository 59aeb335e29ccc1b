//! Forty-five feeds of the city.

use qyran::city::fault::{Fault, Target};
use qyran::model::codec::Codec;
use std::time::Duration;

use crate::stage::{Stage, TestCity, Tile, alone, options};

const FEEDS: usize = 45;

fn codec_of(number: usize) -> Codec {
    [Codec::H264, Codec::H265, Codec::Jpeg][(number - 1) % 3]
}

fn open_all<'a>(stage: &'a Stage, city: &TestCity) -> Vec<Tile<'a>> {
    let numbers: Vec<usize> = (1..=FEEDS).collect();
    stage.open_cameras(city, &numbers)
}

fn check_gate(stage: &Stage, city: &TestCity) {
    let most = stage.live.gate().most_at_once(&city.rtsp_addr.to_string());
    let limit = options().connections_per_host;
    assert!((1..=limit).contains(&most), "{most} at once, limit {limit}");
}

/// Looks at three pictures of a feed, one behind the other.
fn check_pictures(tile: &Tile<'_>, number: usize) {
    let pictures = [(); 3].map(|()| tile.next_picture());
    for picture in &pictures {
        assert!(picture.is_sound());
        let size = (picture.source_width, picture.source_height);
        assert_eq!((size, picture.halvings), ((160, 96), 0), "camera {number}");
        let stamped = picture.capture.and_then(|capture| capture.number).is_some();
        assert_eq!(stamped, codec_of(number) != Codec::Jpeg, "camera {number}");
    }
    for pair in pictures.windows(2) {
        assert!(pair[1].serial > pair[0].serial, "camera {number}");
        assert!(pair[1].pts > pair[0].pts, "camera {number}");
        let captured = [&pair[0], &pair[1]].map(|picture| picture.capture.unwrap());
        assert!(captured[1].wall > captured[0].wall, "camera {number}");
        assert!(
            captured[1].number.is_none() || captured[1].number > captured[0].number,
            "camera {number}"
        );
    }
}

#[test]
fn forty_five_feeds_live_and_their_pictures_advance() {
    let _turn = alone();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = open_all(&stage, &city);
    for (tile, number) in tiles.iter().zip(1..) {
        tile.wait_live(0);
        check_pictures(tile, number);
        stage.wait_until("its codec is told", || {
            tile.feed.report().codec == Some(codec_of(number))
        });
        assert!(tile.feed.report().decoder.is_some());
    }
    check_gate(&stage, &city);
}

#[test]
fn a_switch_that_restarts_loses_all_and_all_return() {
    let _turn = alone();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = open_all(&stage, &city);
    let marks: Vec<usize> = tiles.iter().map(|tile| tile.wait_live(0)).collect();
    // As long as most feeds need for a try in vain.
    let restart = Duration::from_secs(1);
    assert!(
        city.city()
            .faults()
            .set(Target::All, Fault::Reboot, Some(restart))
    );
    for (tile, mark) in tiles.iter().zip(&marks) {
        let lost = tile.wait_lost(*mark, |_| true);
        let serial = tile.wait_live(lost);
        assert!(serial > lost);
        tile.next_picture();
        assert!(tile.feed.counters().sessions >= 2);
    }
    check_gate(&stage, &city);
}
