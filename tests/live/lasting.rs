//! Sessions come and go for months: nothing may be left of them.

use qyran::base::proc::Usage;
use qyran::city::fault::Fault;
use qyran::model::condition::Reason;

use crate::stage::{Stage, TestCity, Tile, alone, beside_others, count};

/// What may be left after all rounds. The allocator and the decoders keep some for themselves; a
/// session that stayed would cost tens of kilobytes each, a decoder that stayed a megabyte.
const MOST_GROWTH_BYTES: u64 = 24 << 20;
/// Rounds until pools and caches are filled.
const WARM_UP: usize = 8;

/// Threads apart from those of the city, whose runtime keeps some for a while after reading files.
fn num_threads() -> usize {
    let usage = Usage::of_self().expect("what this process uses");
    let names = usage.threads.values().map(|(name, _)| name);
    names.filter(|name| !name.starts_with("city")).count()
}

fn num_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Every camera is lost, and comes back.
fn lose_all(city: &TestCity, tiles: &[Tile<'_>], marks: &mut [usize]) {
    city.set_all(Fault::Lost);
    for (tile, mark) in tiles.iter().zip(marks.iter_mut()) {
        *mark = tile.wait_lost(*mark, |_| true);
    }
    city.set_all(Fault::None);
    for (tile, mark) in tiles.iter().zip(marks) {
        *mark = tile.wait_live(*mark);
    }
}

/// Every camera changes its codec, so that every feed has to have another decoder.
fn change_codecs(city: &TestCity, tiles: &[Tile<'_>], marks: &mut [usize]) {
    for fault in [Fault::Codec, Fault::None] {
        city.set_all(fault);
        for (tile, mark) in tiles.iter().zip(marks.iter_mut()) {
            *mark = tile.wait_lost(*mark, |_| true);
            *mark = tile.wait_live(*mark);
        }
    }
}

/// After sleep no session is what it was, though none has said so.
#[test]
fn after_sleep_every_feed_is_opened_again() {
    let _turn = beside_others();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = stage.open_cameras(&city, &[1, 3, 8]);
    let marks: Vec<usize> = tiles.iter().map(|tile| tile.wait_live(0)).collect();
    stage.live.gate().reopen_all();
    for (tile, mark) in tiles.iter().zip(marks) {
        let mark = tile.wait_lost(mark, |reason| *reason == Reason::Reopened);
        tile.wait_live(mark);
        tile.next_picture();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_reconnects_leave_nothing_behind() {
    let rounds = count(30, 500);
    let _turn = alone();
    let city = TestCity::start();
    let stage = Stage::start();
    let tiles = stage.open_cameras(&city, &[1, 2, 3, 4, 5, 6]);
    let mut marks: Vec<usize> = tiles.iter().map(|tile| tile.wait_live(0)).collect();
    let mut before = None;
    for round in 0..rounds {
        if round % 4 == 3 {
            change_codecs(&city, &tiles, &mut marks);
        } else {
            lose_all(&city, &tiles, &mut marks);
        }
        if round + 1 == WARM_UP {
            let usage = Usage::of_self().expect("what this process uses");
            before = Some((usage.rss_bytes, num_threads(), num_descriptors()));
        }
    }
    let (bytes, threads, descriptors) = before.expect("more rounds than it takes to warm up");
    for tile in &tiles {
        assert!(tile.feed.counters().sessions > rounds as u64);
        tile.next_picture();
    }
    // Connections are closed behind the next one's back: some may still be on their way out.
    stage.wait_until("no descriptor is left over", || {
        num_descriptors() <= descriptors + 3
    });
    stage.wait_until("no thread is left over", || num_threads() <= threads);
    let usage = Usage::of_self().expect("what this process uses");
    let grown = usage.rss_bytes.saturating_sub(bytes);
    println!(
        "{rounds} rounds: {} kB more than after the warm-up",
        grown / 1024
    );
    assert!(grown <= MOST_GROWTH_BYTES, "grown by {grown} bytes");
}

#[cfg(target_os = "linux")]
#[test]
fn a_wall_that_closes_leaves_nothing_behind() {
    let _turn = alone();
    let city = TestCity::start();
    let mut before = None;
    for _ in 0..3 {
        let stage = Stage::start();
        let tiles = stage.open_cameras(&city, &[1, 2, 3]);
        for tile in &tiles {
            tile.wait_live(0);
        }
        drop(tiles);
        let handle = stage.close();
        let (threads, descriptors) = *before.get_or_insert_with(|| {
            handle.wait_until("the decode workers have gone", || {
                !thread_names().iter().any(|name| name.starts_with("decode"))
            });
            (num_threads(), num_descriptors())
        });
        handle.wait_until("no thread is left over", || num_threads() <= threads);
        handle.wait_until("no descriptor is left over", || {
            num_descriptors() <= descriptors + 3
        });
    }
}

fn thread_names() -> Vec<String> {
    let usage = Usage::of_self().expect("what this process uses");
    usage.threads.into_values().map(|(name, _)| name).collect()
}
