//! The watchdog with real processes: this file is the test, the watchdog and a wall without a window,
//! by its arguments. The wall beats, keeps its state file and fails as its script says.
//!
//! Nothing here waits for a time to pass: every step waits for what a process has written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "this file is its own harness")]
#![cfg_attr(not(unix), expect(dead_code, reason = "signals are of Unix"))]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use qyran::app::watchdog::{Beat, EXIT_DEVICE_LOST, EXIT_NOT_STARTED, Program, Watched, supervise};
use qyran::app::{Args, given};
use qyran::base::clock;
use qyran::model::camera::CameraId;
use qyran::store::wall::WallState;

/// Nothing takes this long on any machine that is still of use.
const PATIENCE: Duration = Duration::from_secs(60);
/// What every wall is told, and not on its command line.
const GIVEN: &str = "rtsp://10.0.0.1/T0ken";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let place = std::env::var_os("QYRAN_TEST_FOLDER").map(PathBuf::from);
    match (&place, arguments.iter().any(|word| word == "--watched")) {
        (Some(folder), true) => return wall(folder, &arguments),
        (Some(_), false) => {
            let program = Program {
                file: std::env::current_exe().unwrap(),
                arguments: vec!["--watched".into()],
                input: given::written(&[GIVEN.to_owned()]),
            };
            return ExitCode::from(supervise(&program).unwrap());
        }
        (None, _) => {}
    }
    if cfg!(unix) {
        let tests: [(&str, fn()); 4] = [
            ("a_wall_that_fails_comes_back_as_it_was", comes_back),
            ("a_wall_that_cannot_start_ends_the_program", cannot_start),
            ("the_watchdog_lets_the_wall_leave", leaves),
            ("without_its_watchdog_the_wall_goes_on", goes_on),
        ];
        for (name, test) in tests {
            test();
            println!("test {name} ... ok");
        }
    }
    ExitCode::SUCCESS
}

/// What the wall of this test does at each of its starts.
fn wall(folder: &Path, arguments: &[String]) -> ExitCode {
    let mut args = Args {
        addresses_on_stdin: true,
        ..Args::default()
    };
    for line in given::read(&mut args).unwrap() {
        note(folder, "given", &line);
    }
    let said = arguments.join(" ");
    let state = WallState::read(&folder.join("wall.toml")).unwrap();
    let page = state.page;
    let start = note(folder, "starts", &format!("{said} page={page}"));
    let script = fs::read_to_string(folder.join("script")).unwrap();
    let act = script.split_whitespace().nth(start - 1).unwrap();
    if act == "not-started" {
        return ExitCode::from(EXIT_NOT_STARTED);
    }
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    let mut watched = Watched::start(|| {}).unwrap();
    let mut turns = 0_u64;
    loop {
        if watched.beat(clock::now(), Beat::default) {
            watched.leave();
            note(folder, "left", "asked");
            return ExitCode::SUCCESS;
        }
        if turns == 0 {
            WallState {
                page: page + 1,
                selected: Some(CameraId::new("cam-007").unwrap()),
                ..WallState::default()
            }
            .write(&folder.join("wall.toml"))
            .unwrap();
            fs::write(
                folder.join(format!("pid-{start}")),
                std::process::id().to_string(),
            )
            .unwrap();
        }
        turns += 1;
        fs::write(folder.join("turns"), turns.to_string()).unwrap();
        match act {
            "lose-device" if turns > 3 => return ExitCode::from(EXIT_DEVICE_LOST),
            "panic" if turns > 3 => panic!("as the script says"),
            "close" if turns > 3 => {
                watched.leave();
                return ExitCode::SUCCESS;
            }
            _ => pause.recv_timeout(Duration::from_millis(10)).ok(), // a pause, nobody sends
        };
    }
}

/// Adds a line to a file; how many there are then.
fn note(folder: &Path, file: &str, line: &str) -> usize {
    let path = folder.join(file);
    let mut open = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap();
    writeln!(open, "{line}").unwrap();
    lines(folder, file).len()
}

fn lines(folder: &Path, file: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A watchdog over a wall with a script.
struct Scene {
    folder: tempfile::TempDir,
    watchdog: Child,
}

impl Scene {
    fn start(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("script"), script).unwrap();
        let watchdog = Command::new(std::env::current_exe().unwrap())
            .env("QYRAN_TEST_FOLDER", folder.path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, watchdog }
    }

    /// The process of the wall of the n-th start, once it beats.
    fn wall(&self, start: usize) -> u32 {
        let file = self.folder.path().join(format!("pid-{start}"));
        until(&format!("start {start}"), || {
            fs::read_to_string(&file).ok()?.parse().ok()
        })
    }

    fn turns(&self) -> u64 {
        let text = fs::read_to_string(self.folder.path().join("turns")).unwrap_or_default();
        text.parse().unwrap_or_default()
    }

    fn code(&mut self) -> Option<i32> {
        until("the watchdog ends", || self.watchdog.try_wait().unwrap()).code()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.watchdog.kill().ok(); // it has ended where the test has not failed
        self.watchdog.wait().ok();
    }
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    let deadline = clock::now() + PATIENCE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(clock::now() < deadline, "waited in vain: {what}");
        pause.recv_timeout(Duration::from_millis(5)).ok(); // a pause, nobody sends
    }
}

fn send(signal: &str, pid: u32) {
    let command = format!("kill -{signal} {pid}");
    let status = Command::new("sh").arg("-c").arg(&command).status().unwrap();
    assert!(status.success(), "{command}");
}

fn comes_back() {
    let mut scene = Scene::start("stay lose-device panic close");
    send("KILL", scene.wall(1));
    assert_eq!(scene.code(), Some(0), "the window was closed in the end");
    let expect = [
        "--watched page=0",
        "--watched --restarted signal-9 page=1",
        "--watched --restarted device page=2",
        "--watched --restarted exit-101 page=3",
    ];
    assert_eq!(lines(scene.folder.path(), "starts"), expect);
    assert_eq!(lines(scene.folder.path(), "given"), [GIVEN; 4]);
}

fn cannot_start() {
    let mut scene = Scene::start("not-started stay");
    assert_eq!(scene.code(), Some(1));
    assert_eq!(lines(scene.folder.path(), "starts").len(), 1);
}

fn leaves() {
    let mut scene = Scene::start("stay stay");
    scene.wall(1);
    send("TERM", scene.watchdog.id());
    assert_eq!(scene.code(), Some(128 + 15));
    assert_eq!(lines(scene.folder.path(), "left"), ["asked"]);
    assert_eq!(lines(scene.folder.path(), "starts").len(), 1);
}

fn goes_on() {
    let mut scene = Scene::start("stay stay");
    let wall = scene.wall(1);
    send("KILL", scene.watchdog.id());
    assert_eq!(scene.code(), None);
    let then = scene.turns();
    until("the wall goes on", || {
        (scene.turns() > then + 20).then_some(())
    });
    send("KILL", wall);
}
