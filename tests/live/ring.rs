//! The last half minute of real feeds, kept as it came, and written to disk around a moment.

use qyran::city::fault::Fault;
use qyran::media::apart::Workers;
use qyran::media::clip::Clip;
use qyran::media::ring::{Muxer, SpanError, SpanKeeper, Wanted};
use qyran::model::id::Id;

use crate::stage::{Stage, TestCity, Tile, beside_others};

/// Processes of the program under test.
fn workers() -> Workers {
    Workers::of(env!("CARGO_BIN_EXE_qyran").into())
}

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
        for (place, muxer) in [("here", Muxer::Here), ("apart", Muxer::Apart(workers()))] {
            let path = format!("{}-{place}.mkv", tile.feed.id.camera);
            let path = folder.path().join(path);
            let file = span.write(&path, &muxer).expect("written");
            assert_eq!(file.as_it_came, None, "{place}");
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
            assert_eq!(pictures, file.pictures, "{} {place}", tile.feed.id.camera);
            assert!(!path.with_extension("part").exists());
        }
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
    for muxer in [Muxer::Here, Muxer::Apart(workers())] {
        let told = span.write(&nowhere, &muxer).unwrap_err();
        assert!(told.to_string().contains("a.mkv"), "{told}");
    }
    // Nothing was received before the camera was opened.
    let before = ring
        .begins()
        .unwrap()
        .checked_sub(std::time::Duration::from_secs(5))
        .unwrap();
    let none = ring.span(before, before);
    assert_eq!(
        none.write(&folder.path().join("b.mkv"), &Muxer::Here),
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
    let muxer = Muxer::Apart(workers());
    let (keeper, told) = SpanKeeper::start(folder.path(), muxer, || {}).unwrap();
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

#[cfg(target_os = "linux")]
#[test]
fn a_muxer_that_comes_to_grief_costs_its_span_the_container_and_others_nothing() {
    use std::time::Duration;

    use qyran::base::proc;

    use crate::processes::lacking;
    use crate::stage::alone;

    let _turn = alone();
    let city = TestCity::start();
    let stage = Stage::start();
    // The first is H.264, the second MJPEG.
    let tiles = stage.open_cameras(&city, &[1, 3]);
    for tile in &tiles {
        tile.wait_live(0);
        gather(&stage, tile, 30);
    }
    let me = std::process::id();
    let others = proc::children(me);
    for (how, said) in [
        ("crash", "has ended: signal: 6"),
        ("hang", "took longer than"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let faults = folder.path().join("faults");
        std::fs::write(&faults, format!("{how} h264\n")).unwrap();
        let mut workers = workers();
        workers.patience = Duration::from_secs(5);
        workers
            .arguments
            .extend(["--faults".into(), faults.clone().into()]);
        let spans = folder.path().join("spans");
        let (keeper, told) = SpanKeeper::start(&spans, Muxer::Apart(workers), || {}).unwrap();
        let ids = [Id::from_bytes([1; 16]), Id::from_bytes([2; 16])];
        for (alarm, tile) in ids.into_iter().zip(&tiles) {
            assert!(keeper.keep(Wanted {
                alarm,
                feed: std::sync::Arc::clone(&tile.feed),
                at: qyran::base::clock::now(),
            }));
        }
        if how == "hang" {
            // It hangs long enough to be looked at.
            let confined = |pid: &u32| !others.contains(pid) && lacking(*pid).is_none();
            stage.wait_until("the process of the muxer forbids itself much", || {
                proc::children(me).iter().any(confined)
            });
        }
        let mut why = None;
        for _ in 0..2 {
            let kept = told.recv().unwrap();
            assert!(!kept.whole, "{how}");
            let file = kept.file.expect("kept");
            assert_eq!(file.as_it_came.is_some(), kept.alarm == ids[0], "{how}");
            why = file.as_it_came.or(why);
        }
        let why = why.expect("the first is in no container");
        assert!(why.contains(said), "{why}");
        // A muxer would do well now, and is not asked: the same would come of it.
        std::fs::remove_file(&faults).unwrap();
        drop(keeper);
        for _ in 0..2 {
            let kept = told.recv().unwrap();
            assert!(kept.whole, "{how}");
            let file = kept.file.expect("kept");
            if kept.alarm != ids[0] {
                assert_eq!(file.as_it_came, None);
                continue;
            }
            assert_eq!(file.as_it_came.as_ref(), Some(&why));
            assert_eq!(file.path, spans.join(format!("{}.h264", ids[0])));
            // Nothing of it is lost: the units, and when each came.
            let times = file.path.with_added_extension("times");
            let times = std::fs::read_to_string(times).unwrap();
            let lengths = times.lines().map(|line| line.split_once(' ').unwrap().1);
            let lengths: Vec<u64> = lengths.map(|length| length.parse().unwrap()).collect();
            assert_eq!(lengths.len(), file.pictures);
            assert_eq!(lengths.iter().sum::<u64>(), file.bytes);
            assert_eq!(std::fs::metadata(&file.path).unwrap().len(), file.bytes);
            let mut clip = Clip::open(&file.path).expect("a clip");
            assert!(clip.next_picture().expect("decoded").is_some());
        }
        // Three files, and no trace of the attempts.
        assert_eq!(std::fs::read_dir(&spans).unwrap().count(), 3, "{how}");
        assert_eq!(proc::children(me), others, "{how}: no process is left");
    }
}
