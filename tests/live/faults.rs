//! Each fault of the city ends in its state, and heals by itself.

use std::sync::Arc;

use qyran::city::fault::Fault;
use qyran::model::codec::Codec;
use qyran::model::condition::{Link, Picture as Seen, Reason};
use qyran::pixels::Picture;

use crate::stage::{Stage, TestCity, Tile, beside_others};

/// One camera with one fault.
struct Scene<'a> {
    city: &'a TestCity,
    camera: usize,
    tile: Tile<'a>,
}

impl Scene<'_> {
    fn begin(&self, fault: Fault) {
        self.city.set(self.camera, fault);
    }

    fn heal(&self, mark: usize) {
        self.city.set(self.camera, Fault::None);
        self.tile.wait_live(mark);
        self.tile.next_picture();
    }

    /// A fault of the picture: the link stays live all the time.
    fn still_live(&self, mark: usize) {
        assert_eq!(self.tile.mark(), mark, "the link changed");
        assert_eq!(self.tile.link(), Some(Link::Live));
    }
}

fn lost(scene: &Scene<'_>, mark: usize) {
    scene.begin(Fault::Lost);
    let mark = scene.tile.wait_lost(mark, |_| true);
    scene.heal(mark);
}

fn stall(scene: &Scene<'_>, mark: usize) {
    scene.begin(Fault::Stall);
    let late = scene
        .tile
        .wait_link(mark, "late", |link| *link == Link::Late);
    assert_eq!(late, mark + 1, "late comes first");
    let silent = scene
        .tile
        .wait_link(late, "lost", |link| *link != Link::Late);
    assert_eq!(scene.tile.link(), Some(Link::Lost(Reason::Silent)));
    scene.heal(silent);
}

fn wrong_password(scene: &Scene<'_>, mark: usize) {
    scene.begin(Fault::WrongPassword);
    let mark = scene.tile.wait_link(mark, "refused", |link| {
        *link == Link::Refused(Reason::WrongPassword)
    });
    scene.heal(mark);
}

fn not_found(scene: &Scene<'_>, mark: usize) {
    scene.begin(Fault::NotFound);
    let mark = scene.tile.wait_link(mark, "refused", |link| {
        *link == Link::Refused(Reason::NotFound)
    });
    scene.heal(mark);
}

fn codec(scene: &Scene<'_>, mark: usize) {
    let codec_is = |wanted| {
        let what = format!("the codec is {wanted:?}");
        let is_so = || scene.tile.feed.report().codec == Some(wanted);
        scene.tile.stage.wait_until(&what, is_so);
    };
    codec_is(Codec::H264);
    let serial = scene.tile.next_picture().serial;
    scene.begin(Fault::Codec);
    let mark = scene.tile.wait_lost(mark, |_| true);
    let mark = scene.tile.wait_live(mark);
    codec_is(Codec::H265);
    assert!(scene.tile.next_picture().serial > serial);
    scene.begin(Fault::None);
    let mark = scene.tile.wait_lost(mark, |_| true);
    scene.tile.wait_live(mark);
    codec_is(Codec::H264);
}

fn size(scene: &Scene<'_>, mark: usize) {
    let size_of = |picture: &Picture| (picture.source_width, picture.source_height);
    scene.begin(Fault::Size);
    let other = |picture: &Picture| size_of(picture) != (160, 96);
    let picture = scene.tile.picture_when("of another size", other);
    assert_eq!(size_of(&picture), (640, 360));
    assert!(picture.is_sound());
    assert!(picture.width < 640, "it is reduced to the tile");
    scene.begin(Fault::None);
    let own = |picture: &Picture| size_of(picture) == (160, 96);
    scene.tile.picture_when("of its own size again", own);
    scene.still_live(mark);
}

/// The mean of the luma codes.
fn mean_luma(picture: &Picture) -> u64 {
    picture.y.iter().map(|code| u64::from(*code)).sum::<u64>() / picture.y.len() as u64
}

fn black(scene: &Scene<'_>, mark: usize) {
    let is_black = |picture: &Picture| mean_luma(picture) < 30;
    assert!(!is_black(&scene.tile.next_picture()));
    scene.begin(Fault::Black);
    scene.tile.picture_when("black", is_black);
    assert!(is_black(&scene.tile.next_picture()));
    scene.tile.wait_seen(Seen::Black);
    scene.begin(Fault::None);
    scene.tile.picture_when("not black", |p| !is_black(p));
    scene.tile.wait_seen(Seen::Good);
    scene.still_live(mark);
}

fn freeze(scene: &Scene<'_>, mark: usize) {
    let next = || scene.tile.next_picture();
    let same = |a: &Arc<Picture>, b: &Arc<Picture>| *a.y == *b.y && *a.uv == *b.uv;
    let (one, two) = (next(), next());
    assert!(!same(&one, &two), "the clip moves");
    scene.begin(Fault::Freeze);
    // As many in a row as the clip has frames, of which no two are alike.
    let mut last = next();
    let mut in_a_row = 0;
    for _ in 0..200 {
        let picture = next();
        assert!(picture.serial > last.serial);
        let number = |p: &Picture| p.capture.and_then(|capture| capture.number);
        assert!(number(&picture) > number(&last));
        in_a_row = if same(&picture, &last) {
            in_a_row + 1
        } else {
            0
        };
        last = picture;
        if in_a_row == 6 {
            break;
        }
    }
    assert_eq!(in_a_row, 6, "not frozen");
    scene.tile.wait_seen(Seen::Frozen);
    scene.begin(Fault::None);
    scene
        .tile
        .picture_when("moving again", |picture| *picture.y != *last.y);
    scene.tile.wait_seen(Seen::Good);
    scene.still_live(mark);
}

#[test]
fn every_fault_ends_in_its_state_and_heals_by_itself() {
    type Play = fn(&Scene<'_>, usize);
    // The cameras: three codecs (see `TestCity`), and log-ins of every kind.
    let scenes: [(&str, usize, Play); 12] = [
        ("lost", 1, lost),
        ("stall, H.264", 4, stall),
        ("stall, JPEG", 6, stall),
        ("wrong password, Digest", 2, wrong_password),
        ("wrong password, Basic", 3, wrong_password),
        ("not found", 5, not_found),
        ("codec", 7, codec),
        ("size, H.264", 10, size),
        ("size, H.265", 11, size),
        ("size, JPEG", 12, size),
        ("black", 13, black),
        ("freeze", 16, freeze),
    ];
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    std::thread::scope(|scope| {
        for (name, camera, play) in scenes {
            let (city, stage) = (&city, &stage);
            let thread = std::thread::Builder::new().name(name.into());
            let play = move || {
                let mut tiles = stage.open_cameras(city, &[camera]);
                let tile = tiles.remove(0);
                let mark = tile.wait_live(0);
                let scene = Scene { city, camera, tile };
                play(&scene, mark);
            };
            thread.spawn_scoped(scope, play).unwrap();
        }
    });
}

#[test]
fn a_camera_that_starts_slowly_is_live_in_the_end() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    // Open, Basic and Digest: each has more requests to be slow at.
    for camera in [8, 3, 1] {
        city.set(camera, Fault::SlowStart);
    }
    for tile in stage.open_cameras(&city, &[8, 3, 1]) {
        tile.wait_live(0);
        tile.next_picture();
    }
}
