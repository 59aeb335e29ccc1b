//! A file that is played as a source begins again at its end, whatever it says of itself.

use std::path::Path;

use gstreamer_rtsp_server::gst;
use gstreamer_rtsp_server::prelude::*;
use qyran::media::source::{Address, EncodedUnit, Opener as _, SystemOpener};
use qyran::model::condition::Link;

use crate::stage::{CLIP_FRAMES, Stage, beside_others, write_clips};

/// So often its end is passed.
const PASSES: usize = 4;

fn address(file: &Path) -> Address {
    Address {
        url: url::Url::from_file_path(file).unwrap().into(),
        credentials: None,
    }
}

/// The first units of a file.
fn units(file: &Path, number: usize) -> Vec<EncodedUnit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut source = SystemOpener::default().open(address(file)).await.unwrap();
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
    let _turn = beside_others();
    let stage = Stage::start();
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
        let units = units(&file(name), frames * PASSES);
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
