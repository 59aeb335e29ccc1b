//! A file that is played as a source begins again at its end, whatever it says of itself.

use std::path::Path;

use gstreamer_rtsp_server::gst;
use gstreamer_rtsp_server::prelude::*;
use qyran::media::apart::Workers;
use qyran::media::source::{Address, EncodedUnit, Opener as _, SystemOpener};
use qyran::model::condition::Link;

use crate::stage::{CLIP_FRAMES, Stage, beside_others, options, write_clips};

/// So often its end is passed.
const PASSES: usize = 4;

fn address(file: &Path) -> Address {
    Address {
        url: url::Url::from_file_path(file).unwrap().into(),
        credentials: None,
    }
}

/// Processes of the program under test that read files.
fn workers() -> Workers {
    Workers::of(env!("CARGO_BIN_EXE_qyran").into())
}

/// The first units of a file.
fn units(opener: &SystemOpener, file: &Path, number: usize) -> Vec<EncodedUnit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut source = opener.open(address(file)).await.unwrap();
        let mut units = Vec::new();
        while units.len() < number {
            units.push(source.next().await.unwrap());
        }
        units
    })
}

/// Writes pictures into a container that says how long they are.
fn write_container(muxer: &str, to: &Path) {
    let pipeline = gst::parse::launch(&format!(
        "videotestsrc num-buffers={CLIP_FRAMES} pattern=ball \
         ! video/x-raw,width=160,height=96,framerate=15/1 ! jpegenc ! {muxer} ! filesink location={}",
        to.display()
    ))
    .unwrap();
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus
        .timed_pop_filtered(gst::ClockTime::NONE, &kinds)
        .unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_file_begins_again_at_its_end() {
    passes_its_end(SystemOpener::default());
}

#[test]
fn a_file_that_a_process_reads_begins_again_at_its_end() {
    passes_its_end(SystemOpener::default().with_files_read_by(Some(workers())));
}

fn passes_its_end(opener: SystemOpener) {
    let _turn = beside_others();
    let stage = Stage::start_with(&options(), opener.clone());
    let folder = tempfile::tempdir().unwrap();
    write_clips(folder.path());
    let file = |name: &str| folder.path().join(name);
    // A picture alone, as a photograph and as a stream.
    let pictures = std::fs::read(file("sub-03.mjpeg")).unwrap();
    let starts = |mark: &[u8], bytes: &[u8]| -> Vec<usize> {
        let windows = bytes.windows(mark.len()).enumerate();
        windows
            .filter(|(_, window)| *window == mark)
            .map(|(at, _)| at)
            .collect()
    };
    let second = starts(&[0xff, 0xd8, 0xff], &pictures)[1];
    std::fs::write(file("one.jpg"), &pictures[..second]).unwrap();
    let stream = std::fs::read(file("sub-01.h264")).unwrap();
    let second = starts(&[0, 0, 0, 1, 0x09], &stream)[1];
    std::fs::write(file("one.h264"), &stream[..second]).unwrap();
    write_container("matroskamux", &file("clip.mkv"));
    write_container("avimux", &file("clip.avi"));
    let cases = [
        ("sub-01.h264", CLIP_FRAMES),
        ("sub-02.h265", CLIP_FRAMES),
        ("sub-03.mjpeg", CLIP_FRAMES),
        ("one.jpg", 1),
        ("one.h264", 1),
        ("clip.mkv", CLIP_FRAMES),
        ("clip.avi", CLIP_FRAMES),
    ];
    for (name, frames) in cases {
        let tile = stage.open(name, address(&file(name)));
        let units = units(&opener, &file(name), frames * PASSES);
        for (index, unit) in units.iter().enumerate() {
            let of_first_pass = &units[index % frames];
            assert_eq!(unit.bytes, of_first_pass.bytes, "{name}, unit {index}");
            assert_eq!(
                unit.keyframe, of_first_pass.keyframe,
                "{name}, unit {index}"
            );
        }
        for (index, pair) in units.windows(2).enumerate() {
            assert!(
                pair[1].pts > pair[0].pts,
                "{name}: the time after unit {index}"
            );
            assert!(pair[1].arrival >= pair[0].arrival, "{name}: unit {index}");
        }
        // At its own pace, in every pass.
        let (first, last) = (&units[0], &units[frames * PASSES - 1]);
        let shown = u64::try_from(last.pts.0 - first.pts.0).unwrap();
        let passed = last.arrival - first.arrival;
        assert!(
            passed.as_nanos() >= u128::from(shown),
            "{name}: {passed:?} for {shown} ns"
        );
        tile.wait_live(0);
        let counters = || tile.feed.report().counters;
        stage.wait_until("the wall has passed its end", || {
            counters().units > (frames * PASSES) as u64
        });
        assert_eq!(counters().sessions, 1, "{name}: opened anew");
        let links: Vec<Link> = (0..tile.mark())
            .filter_map(|index| tile.link_at(index))
            .collect();
        let is_lost = |link: &Link| matches!(link, Link::Lost(_) | Link::Refused(_));
        assert!(!links.iter().any(is_lost), "{name}: {links:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_ends_whoever_reads_it_costs_its_own_tile_and_is_read_again() {
    use qyran::base::proc;
    use qyran::model::condition::Reason;

    use crate::processes::lacking;
    use crate::stage::alone;

    let _turn = alone();
    let folder = tempfile::tempdir().unwrap();
    write_clips(folder.path());
    let faults = folder.path().join("faults");
    let mut workers = workers();
    workers
        .arguments
        .extend(["--faults".into(), faults.clone().into()]);
    let opener = SystemOpener::default().with_files_read_by(Some(workers));
    let readers = || -> Vec<u32> {
        let is_reader = |pid: &u32| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim() == "media-read")
        };
        let children = proc::children(std::process::id());
        children.into_iter().filter(is_reader).collect()
    };
    let stage = Stage::start_with(&options(), opener);
    let names = ["sub-01.h264", "sub-03.mjpeg"];
    let tiles = names.map(|name| stage.open(name, address(&folder.path().join(name))));
    let marks = tiles.each_ref().map(|tile| tile.wait_live(0));
    assert_eq!(readers().len(), 2);
    for pid in readers() {
        assert_eq!(lacking(pid), None);
    }
    std::fs::write(&faults, "crash h264\n").unwrap();
    let mark = tiles[0].wait_lost(
        marks[0],
        |reason| matches!(reason, Reason::File(text) if text.contains("the process that reads it")),
    );
    std::fs::remove_file(&faults).unwrap();
    tiles[0].wait_live(mark);
    tiles[0].next_picture();
    assert_eq!(tiles[1].mark(), marks[1], "the other was disturbed");
    // They go with their feeds.
    for tile in &tiles {
        stage.live.close(&tile.feed.id);
    }
    stage.wait_until("their processes are gone", || readers().is_empty());
}
