//! Decoder processes that are killed, stopped, or driven mad in the middle of a wall.

use std::path::PathBuf;

use qyran::base::proc;
use qyran::city::fault::Fault;
use qyran::media::live::{ChildReport, Decoding, Options, Processes};
use qyran::media::source::SystemOpener;
use qyran::model::condition::{Link, Picture as Seen, Reason};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{Stage, TestCity, Tile, alone, beside_others, options};

/// Feeds of the small walls here, three to a process.
const FEEDS: usize = 9;

/// A wall on decoder processes, and the file that makes one of them do wrong.
struct Wall {
    stage: Stage,
    faults: PathBuf,
}

impl Wall {
    fn start(city: &TestCity) -> Self {
        let faults = city.folder.path().join("decoder-faults");
        let mut processes = Processes::of(env!("CARGO_BIN_EXE_qyran").into());
        processes.feeds_per_child = 3;
        // Enough for three small feeds, and soon too little for one that leaks.
        processes.memory_bytes = 150 << 20;
        processes.memory_bytes_a_feed = 10 << 20;
        processes
            .arguments
            .extend(["--faults".into(), faults.clone().into()]);
        let options = Options {
            decoding: Decoding::Processes(processes),
            ..options()
        };
        let stage = Stage::start_with(&options, SystemOpener::default());
        Self { stage, faults }
    }

    /// All feeds, live; the order is that of their numbers.
    fn open<'a>(&'a self, city: &TestCity) -> (Vec<Tile<'a>>, Vec<usize>) {
        let numbers: Vec<usize> = (1..=FEEDS).collect();
        let tiles = self.stage.open_cameras(city, &numbers);
        let marks = tiles.iter().map(|tile| tile.wait_live(0)).collect();
        (tiles, marks)
    }

    fn misdo(&self, how: &str, tile: &Tile<'_>) {
        // Written aside, so that nobody reads half of it.
        let new = self.faults.with_extension("new");
        std::fs::write(&new, format!("{how} {}\n", tile.feed.key())).unwrap();
        std::fs::rename(&new, &self.faults).unwrap();
    }

    fn do_right(&self) {
        std::fs::remove_file(&self.faults).unwrap();
    }

    /// The process of a feed.
    fn child_of(&self, tile: &Tile<'_>) -> ChildReport {
        let key = tile.feed.key();
        let children = self.stage.live.children();
        let found = children
            .into_iter()
            .find(|child| child.feed_keys.contains(&key));
        found.expect("every feed has a process")
    }
}

fn signal(child: &ChildReport, signal: Signal) {
    let pid = child.pid.expect("it runs");
    kill_process(Pid::from_raw(pid as i32).unwrap(), signal).unwrap();
}

/// Frames that were due and did not come. Those before the first keyframe never come; those that
/// are on their way are not yet there.
fn missing(tile: &Tile<'_>) -> u64 {
    let counters = tile.feed.counters();
    counters.due.saturating_sub(counters.decoded)
}

/// The least seen of each over a while: none is on its way then.
fn settled(stage: &Stage, tiles: &[Tile<'_>]) -> Vec<u64> {
    let mut least: Vec<u64> = tiles.iter().map(missing).collect();
    let decoded = |tile: &Tile<'_>| tile.feed.counters().decoded;
    let begun: Vec<u64> = tiles.iter().map(decoded).collect();
    stage.wait_until("ten frames more of each", || {
        for (tile, least) in tiles.iter().zip(&mut least) {
            *least = missing(tile).min(*least);
        }
        let mut both = tiles.iter().zip(&begun);
        both.all(|(tile, begun)| decoded(tile) >= begun + 10)
    });
    least
}

#[test]
fn a_child_that_is_harmed_costs_its_own_feeds_a_moment_and_the_others_nothing() {
    type Harm = fn(&Wall, &Tile<'_>);
    let harms: [(&str, Harm); 5] = [
        ("killed", |wall, victim| {
            signal(&wall.child_of(victim), Signal::KILL);
        }),
        ("stopped", |wall, victim| {
            signal(&wall.child_of(victim), Signal::STOP);
        }),
        ("crashed", |wall, victim| wall.misdo("crash", victim)),
        ("spinning", |wall, victim| wall.misdo("spin", victim)),
        ("leaking", |wall, victim| wall.misdo("leak", victim)),
    ];
    let _turn = alone();
    let city = TestCity::start();
    let wall = Wall::start(&city);
    let (tiles, mut marks) = wall.open(&city);
    assert!(wall.stage.live.children().len() >= FEEDS / 3);
    for (round, (name, harm)) in harms.into_iter().enumerate() {
        // Another feed each time: who strikes three times is treated otherwise.
        let victim = &tiles[round];
        let before = settled(&wall.stage, &tiles);
        let child = wall.child_of(victim);
        harm(&wall, victim);
        wall.stage
            .wait_until(&format!("{name}: started again"), || {
                wall.child_of(victim).restarts > child.restarts
            });
        if wall.faults.exists() {
            wall.do_right();
        }
        for ((tile, mark), before) in tiles.iter().zip(&mut marks).zip(&before) {
            if child.feed_keys.contains(&tile.feed.key()) {
                *mark = tile.wait_lost(*mark, |reason| *reason == Reason::DecoderRestarted);
                *mark = tile.wait_live(*mark);
                tile.next_picture();
                assert!(tile.feed.report().decoder.is_some());
            } else {
                let (harmed, other) = (&victim.feed.id.camera, &tile.feed.id.camera);
                assert_eq!(tile.mark(), *mark, "{name} {harmed}: {other} was disturbed");
                let what = format!("{name} {harmed}: {other} has all its frames");
                wall.stage.wait_until(&what, || missing(tile) <= *before);
            }
            assert_eq!(
                tile.feed.counters().sessions,
                1,
                "the camera heard nothing of it"
            );
        }
        let after = wall.child_of(victim);
        assert!(after.pid.is_some() && after.pid != child.pid);
        assert!(!after.alone, "{name}");
    }
}

#[test]
fn a_feed_that_ends_its_decoder_again_and_again_is_kept_apart_and_given_up_for_a_while() {
    let _turn = beside_others();
    let city = TestCity::start();
    let wall = Wall::start(&city);
    let (tiles, marks) = wall.open(&city);
    let (victim, mark) = (&tiles[4], marks[4]);
    let shared = wall.child_of(victim);
    wall.misdo("crash", victim);
    wall.stage
        .wait_until("it is kept apart", || wall.child_of(victim).alone);
    // Those that were with it live on without it.
    let others: Vec<_> = tiles
        .iter()
        .filter(|tile| shared.feed_keys.contains(&tile.feed.key()))
        .filter(|tile| tile.feed.key() != victim.feed.key())
        .collect();
    assert!(!others.is_empty());
    // By their process: that they lost it together with this feed may be told after this.
    let restarts: Vec<u64> = others
        .iter()
        .map(|tile| wall.child_of(tile).restarts)
        .collect();
    let mark = victim.wait_lost(
        mark,
        |reason| matches!(reason, Reason::DecodeFailed(text) if text.contains("has ended")),
    );
    wall.do_right();
    victim.wait_live(mark);
    victim.next_picture();
    assert_eq!(victim.feed.counters().sessions, 1);
    for (tile, restarts) in others.iter().zip(restarts) {
        tile.wait_now(&Link::Live);
        tile.next_picture();
        let (name, now) = (&tile.feed.id.camera, wall.child_of(tile).restarts);
        assert_eq!(now, restarts, "the process of {name} was disturbed");
    }
    // Its process goes with it.
    let pid = wall.child_of(victim).pid.expect("it runs");
    wall.stage.live.close(&victim.feed.id);
    wall.stage.wait_until("its process is gone", || {
        !proc::children(std::process::id()).contains(&pid)
    });
}

#[test]
fn pictures_are_judged_and_codecs_change_in_a_process_too() {
    let _turn = beside_others();
    let city = TestCity::start();
    let wall = Wall::start(&city);
    wall.stage.live.make_exact_pixels(true);
    let tiles = wall.stage.open_cameras(&city, &[1, 2, 3]);
    let marks: Vec<usize> = tiles.iter().map(|tile| tile.wait_live(0)).collect();
    for tile in &tiles {
        let picture = tile.picture_when("with the screen's pixels", |p| p.exact.is_some());
        assert!(picture.is_sound());
        let (one, two) = (tile.next_picture(), tile.next_picture());
        assert!(two.serial > one.serial && two.arrival > one.arrival && two.pts > one.pts);
        tile.wait_seen(Seen::Good);
    }
    city.set(1, Fault::Freeze);
    city.set(2, Fault::Black);
    city.set(3, Fault::Codec);
    tiles[0].wait_seen(Seen::Frozen);
    tiles[1].wait_seen(Seen::Black);
    let mark = tiles[2].wait_lost(marks[2], |_| true);
    tiles[2].wait_live(mark);
    city.set_all(Fault::None);
    tiles[0].wait_seen(Seen::Good);
    tiles[1].wait_seen(Seen::Good);
    // Another size of the tile.
    tiles[0].feed.set_shown_size(64, 36);
    let small = tiles[0].picture_when("smaller", |p| p.width < 160);
    assert_eq!((small.width, small.height), (80, 48));
}

/// What the process `pid` should have and has not: nothing of our surroundings but what it needs, no new
/// rights, limits of its own, no core dump.
pub(crate) fn lacking(pid: u32) -> Option<String> {
    const TOLD: [&str; 7] = [
        "HOME",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "LANG",
        "LC_ALL",
        "LD_LIBRARY_PATH",
        "QYRAN_LOG",
    ];
    let read = |file: &str| {
        let bytes = std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let environ = read("environ");
    let variables = environ.split('\0').filter(|variable| !variable.is_empty());
    let names: Vec<&str> = variables
        .filter_map(|variable| Some(variable.split_once('=')?.0))
        .collect();
    if !names.contains(&"GST_REGISTRY_UPDATE") {
        return Some(format!("surroundings, which are {names:?}"));
    }
    let may_be = |name: &&str| {
        let beginnings = ["GST_", "LIBVA_", "CUDA_", "MALLOC_"];
        TOLD.contains(name) || beginnings.iter().any(|begin| name.starts_with(begin))
    };
    if let Some(name) = names.iter().find(|name| !may_be(name)) {
        return Some(format!("silence about {name}"));
    }
    let status = read("status");
    if !status.lines().any(|line| line == "NoNewPrivs:\t1") {
        return Some("no_new_privs".to_owned());
    }
    let limits = read("limits");
    let limit = |name: &str| -> Option<u64> {
        let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
        let mut both = line.split_whitespace();
        let mut number = || both.next()?.parse::<u64>().ok();
        let (now, ever) = (number()?, number()?);
        (now == ever).then_some(now)
    };
    let most: [(&str, u64); 4] = [
        ("Max core file size", 1),
        ("Max data size", 4 << 30),
        ("Max file size", 512 << 20),
        ("Max open files", 1024),
    ];
    let over = most
        .into_iter()
        .find(|(name, most)| limit(name).is_none_or(|limit| limit > *most));
    over.map(|(name, most)| format!("{name} of {most} at most in {limits}"))
}

#[test]
fn a_child_is_told_no_secret_and_reaches_what_it_needs_and_nothing_else() {
    use qyran::base::confinement::{Kept, Reach, keep_within};

    let _turn = beside_others();
    let city = TestCity::start();
    let wall = Wall::start(&city);
    let tiles = wall.stage.open_cameras(&city, &[1, 2, 3, 4]);
    for tile in &tiles {
        tile.wait_live(0);
    }
    // Whoever runs this has more about him than a child may know.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let children = wall.stage.live.children();
    assert!(!children.is_empty());
    for child in &children {
        assert_eq!(lacking(child.pid.expect("it runs")), None, "{child:?}");
    }
    // One that a stream has taken over writes a file beside the clips, and ends.
    let child = wall.child_of(&tiles[0]);
    wall.misdo("write", &tiles[0]);
    wall.stage.wait_until("it has tried, and ended", || {
        wall.child_of(&tiles[0]).restarts > child.restarts
    });
    wall.do_right();
    let is_written = wall.faults.with_extension("written").exists();
    let kernel = qyran::base::threads::spawn("kernel", || keep_within(&Reach::default())).unwrap();
    match kernel.join().unwrap().unwrap() {
        Kept::Not => qyran::base::skipped::skip_in_any_case("this kernel has no Landlock"),
        Kept::Partly | Kept::Wholly => assert!(!is_written),
    }
}

fn num_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn processes_come_and_go_and_leave_nothing_behind() {
    let _turn = alone();
    let city = TestCity::start();
    let mine = std::process::id();
    let before = proc::children(mine);
    let wall = Wall::start(&city);
    let tiles = wall.stage.open_cameras(&city, &[1, 4]);
    for tile in &tiles {
        tile.wait_live(0);
    }
    let mut descriptors = None;
    for round in 0..20 {
        let victim = &tiles[round % tiles.len()];
        let child = wall.child_of(victim);
        signal(&child, Signal::KILL);
        wall.stage.wait_until("another process is ready", || {
            let now = wall.child_of(victim);
            now.restarts > child.restarts && now.pid.is_some()
        });
        victim.picture_when("a new one", |_| true);
        if round == 3 {
            descriptors = Some(num_descriptors());
        }
    }
    let descriptors = descriptors.expect("more rounds than that");
    wall.stage.wait_until("no descriptor is left over", || {
        num_descriptors() <= descriptors + 2
    });
    let running: Vec<u32> = wall
        .stage
        .live
        .children()
        .iter()
        .filter_map(|c| c.pid)
        .collect();
    assert!(!running.is_empty());
    drop(tiles);
    drop(wall);
    assert_eq!(
        proc::children(mine),
        before,
        "no process is left, from this moment on"
    );
}
