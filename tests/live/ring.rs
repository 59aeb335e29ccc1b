//! The last half minute of real feeds, kept as it came, and written to disk around a moment.

use qyran::city::fault::Fault;
use qyran::media::clip::Clip;
use qyran::media::ring::{SpanError, SpanKeeper, Wanted};
use qyran::model::id::Id;

use crate::stage::{Stage, TestCity, Tile, beside_others};

/// Waits until the ring of a feed holds so many units more.
fn gather(stage: &Stage, tile: &Tile<'_>, units: u64) {
    let until = tile.feed.counters().units + units;
    stage.wait_until("the camera sends more", || {
        tile.feed.counters().units >= until
    });
}

#[test]
fn a_span_of_every_codec_is_written_as_it_came_and_can_be_played() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    let folder = tempfile::tempdir().unwrap();
    // H.264, H.265 and MJPEG stand among these.
    let tiles = stage.open_cameras(&city, &[1, 2, 3, 8]);
    for tile in &tiles {
        tile.wait_live(0);
        gather(&stage, tile, 40);
        let now = qyran::base::clock::now();
        let span = tile
            .feed
            .ring()
            .span(tile.feed.ring().begins().unwrap(), now);
        let path = folder.path().join(format!("{}.mkv", tile.feed.id.camera));
        let file = span.write(&path).expect("written");
        assert_eq!(file.pictures, span.units().count());
        assert_eq!(file.bytes, std::fs::metadata(&path).unwrap().len());
        assert!(file.to > file.from);
        // All that was received and nothing else is in it.
        let payload: usize = span.units().map(|unit| unit.bytes.len()).sum();
        let room = payload + payload / 20 + 4096 + 32 * file.pictures;
        assert!(file.bytes as usize <= room, "{} of {payload}", file.bytes);
        let mut clip = Clip::open(&path).expect("a clip");
        let mut pictures = 0;
        while clip.next_picture().expect("decoded").is_some() {
            pictures += 1;
        }
        assert_eq!(pictures, file.pictures, "{}", tile.feed.id.camera);
        assert!(!path.with_extension("part").exists());
    }
    let held: u64 = tiles.iter().map(|tile| tile.feed.ring().held().bytes).sum();
    assert_eq!(
        stage.live.ring_budget().held(),
        held,
        "what all hold together"
    );
}

#[test]
fn what_cannot_be_written_is_told_and_leaves_nothing_behind() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = stage.open_cameras(&city, &[1]);
    tiles[0].wait_live(0);
    gather(&stage, &tiles[0], 20);
    let ring = tiles[0].feed.ring();
    let now = qyran::base::clock::now();
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no/such/folder/a.mkv");
    let span = ring.span(ring.begins().unwrap(), now);
    let told = span.write(&nowhere).unwrap_err();
    assert!(told.to_string().contains("a.mkv"), "{told}");
    // Nothing was received before the camera was opened.
    let before = ring
        .begins()
        .unwrap()
        .checked_sub(std::time::Duration::from_secs(5))
        .unwrap();
    let none = ring.span(before, before);
    assert_eq!(
        none.write(&folder.path().join("b.mkv")),
        Err(SpanError::Empty)
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_stream_around_a_moment_is_kept_though_the_camera_is_lost_after_it() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = stage.open_cameras(&city, &[1]);
    let mark = tiles[0].wait_live(0);
    gather(&stage, &tiles[0], 30);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("half.part"), "half").unwrap();
    let old = folder.path().join("old.mkv");
    let month = std::time::Duration::from_secs(31 * 86_400);
    let written = std::fs::File::create(&old).unwrap();
    let now = written.metadata().unwrap().modified().unwrap();
    written.set_modified(now - month).unwrap();
    let (keeper, told) = SpanKeeper::start(folder.path(), || {}).unwrap();
    assert!(!folder.path().join("half.part").exists(), "swept");
    assert!(!old.exists(), "older than thirty days");
    let alarm = Id::from_bytes([7; 16]);
    let wanted = Wanted {
        alarm,
        feed: std::sync::Arc::clone(&tiles[0].feed),
        at: qyran::base::clock::now(),
    };
    assert!(keeper.keep(wanted));
    let first = told.recv().unwrap();
    assert!(!first.whole);
    let before = first.file.unwrap();
    assert!(before.path.exists());
    city.set(1, Fault::Lost);
    tiles[0].wait_lost(mark, |_| true);
    // The program ends: what there is, is written at once.
    drop(keeper);
    let last = told.recv().unwrap();
    assert!(last.whole);
    let file = last.file.unwrap();
    assert!(file.pictures >= before.pictures);
    assert!(file.path.exists() && !before.path.exists());
    assert_eq!(
        file.path.file_name().unwrap().to_string_lossy(),
        format!("{alarm}.mkv")
    );
}
