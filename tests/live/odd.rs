//! The odd cameras of `tests/odd_cameras`, all at once: what each of them does to a wall.
//!
//! Their pictures carry their number in four bars, so that pixels tell whether a picture is whole
//! and how old it is; what is right for each camera stands with the camera.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use parking_lot::Mutex;
use qyran::media::live::{Decoding, Options, Processes};
use qyran::media::source::{Address, SystemOpener};
use qyran::model::camera::{Credentials, Password};
use qyran::model::condition::Link;
use serde::Deserialize;

use crate::bars::{has_its_colours, number_of};
use crate::passwords::{hear, listen};
use crate::stage::{Stage, Tile, beside_others, options};

/// Nothing takes this long beyond what the camera itself needs, on any machine that is of use.
const PATIENCE: Duration = Duration::from_secs(60);
/// Cameras that are looked at together.
const TOGETHER: usize = 36;
/// Where the last pictures have to be whole: so many.
const LAST_PICTURES: usize = 5;

/// What is right for a camera; `tests/odd_cameras/expect.py` explains it.
#[derive(Clone, Debug, Deserialize)]
struct Expected {
    end: String,
    reasons: Vec<String>,
    never: Vec<String>,
    through: Vec<String>,
    whole: String,
    pictures: usize,
    behind: usize,
    plays: u64,
    streamed_s: f64,
    #[serde(default)]
    colours: bool,
    #[serde(default)]
    late_after: usize,
    #[serde(default)]
    clock: String,
    #[serde(default)]
    basic: String,
    #[serde(default)]
    looks: Vec<String>,
    #[serde(default)]
    second: Option<Box<Self>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Camera {
    name: String,
    situation: String,
    url: String,
    user: String,
    password: Option<String>,
    secret: Option<String>,
    /// Pictures of its clip, after which it begins again.
    clip: usize,
    fps: f32,
    expect: Expected,
}

impl Camera {
    fn address(&self) -> Address {
        Address {
            url: self.url.parse().unwrap(),
            credentials: self.password.as_ref().map(|password| Credentials {
                user: self.user.clone(),
                password: Password::new(password),
            }),
        }
    }

    /// How long it needs at least to show what it is about.
    fn needs(&self) -> Duration {
        let waits = if self.expect.through.is_empty() {
            0.0
        } else {
            40.0
        };
        let pictures = self.expect.pictures as f64 / f64::from(self.fps);
        Duration::from_secs_f64(self.expect.streamed_s.max(pictures) + waits)
    }
}

/// What a camera has sent and who came.
#[derive(Debug, Default, Deserialize)]
struct Told {
    plays: u64,
    basic: u64,
    /// The number of the picture sent last.
    index: Option<usize>,
    streamed_s: f64,
}

/// The process that serves them. It ends with its input.
struct Server {
    child: Child,
    talk: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
    cameras: Vec<Camera>,
}

impl Server {
    fn start(names: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/odd_cameras/serve.py");
        let mut child = Command::new("python3")
            // Nothing is written into the tree.
            .args(["-B", script])
            .args(names)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let mut from = BufReader::new(child.stdout.take().unwrap());
        let mut cameras = Vec::new();
        loop {
            let mut line = String::new();
            assert!(from.read_line(&mut line).unwrap() > 0, "the cameras start");
            if line.trim() == "ready" {
                break;
            }
            cameras.push(serde_json::from_str(&line).unwrap());
        }
        Self {
            child,
            talk: Mutex::new(Some((to, from))),
            cameras,
        }
    }

    fn ask(&self, name: &str) -> Told {
        let mut talk = self.talk.lock();
        let (to, from) = talk.as_mut().unwrap();
        writeln!(to, "sent {name}").unwrap();
        let mut line = String::new();
        from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.talk.lock().take());
        self.child.wait().ok(); // it has nothing left to say
    }
}

// What is found out about one camera.

#[derive(Default)]
struct Seen {
    pictures: usize,
    torn: Vec<String>,
    /// Whole ones in a row, up to now.
    whole_in_row: usize,
    /// The least number of pictures that one was behind what had been sent.
    behind: Option<usize>,
    wrong_colours: usize,
    /// Links told before the picture from which on none may be late.
    links_before_pace: usize,
}

fn kind_of(link: &Link) -> &'static str {
    match link {
        Link::Live => "live",
        Link::Lost(_) => "lost",
        Link::Refused(_) => "refused",
        Link::Late => "late",
        other if other.key().contains("keyframe") || other.key().contains("waiting") => "waiting",
        _ => "connecting",
    }
}

fn reason_of(link: &Link) -> &'static str {
    link.reason().map_or("", |reason| reason.key())
}

fn is_down(link: Option<&Link>) -> bool {
    matches!(link, Some(Link::Lost(_) | Link::Refused(_)))
}

struct Verdict {
    line: String,
    wrong: Vec<String>,
}

struct Judge<'a> {
    server: &'a Server,
    camera: &'a Camera,
    expect: &'a Expected,
    seen: Seen,
    told: Told,
}

impl Judge<'_> {
    /// Looks at the newest picture, if there is one.
    fn look(&mut self, tile: &Tile<'_>, links: usize) {
        let Some(picture) = tile.feed.take_picture() else {
            return;
        };
        let seen = &mut self.seen;
        seen.pictures += 1;
        if seen.pictures == self.expect.late_after {
            seen.links_before_pace = links;
        }
        if self.expect.whole == "unread" {
            return;
        }
        seen.wrong_colours += usize::from(!has_its_colours(&picture));
        match number_of(&picture) {
            Err(numbers) => {
                seen.torn.push(format!("{numbers:?}"));
                seen.whole_in_row = 0;
            }
            Ok(number) => {
                seen.whole_in_row += 1;
                if seen.behind.is_none_or(|behind| behind > self.expect.behind) {
                    self.told = self.server.ask(&self.camera.name);
                    let clip = self.camera.clip;
                    let sent = self.told.index.unwrap_or(number);
                    let behind = (sent + clip - number) % clip;
                    seen.behind = Some(seen.behind.map_or(behind, |least| least.min(behind)));
                }
            }
        }
    }

    /// All that had to be seen was seen.
    fn has_enough(&mut self, links: &[Link]) -> bool {
        let (expect, seen) = (self.expect, &self.seen);
        let down = is_down(links.last());
        match expect.end.as_str() {
            "down" => return down,
            "either" if down => return true,
            _ => {}
        }
        let is_live = links.last() == Some(&Link::Live);
        let is_read = match expect.whole.as_str() {
            "unread" => true,
            "always" => seen.behind.is_some_and(|behind| behind <= expect.behind),
            _ => {
                seen.whole_in_row >= LAST_PICTURES
                    && seen.behind.is_some_and(|behind| behind <= expect.behind)
            }
        };
        if !is_live || seen.pictures < expect.pictures || !(is_read || expect.end == "either") {
            return false;
        }
        if self.told.streamed_s < expect.streamed_s || expect.streamed_s == 0.0 {
            self.told = self.server.ask(&self.camera.name);
        }
        self.told.streamed_s >= expect.streamed_s
    }

    /// All that should be said of the pictures was said.
    fn misses_no_look(&self, tile: &Tile<'_>) -> bool {
        let looks = tile.looks();
        let was_told = |wanted: &String| looks.iter().any(|look| look.key() == wanted);
        self.expect.looks.iter().all(was_told)
    }

    /// What was wrong until now and cannot be made good any more.
    fn is_spoilt(&self, links: &[Link]) -> bool {
        self.told_wrongly(links).is_some()
            || self.expect.whole == "always" && !self.seen.torn.is_empty()
    }

    fn told_wrongly(&self, links: &[Link]) -> Option<String> {
        let late = self.expect.late_after > 0 && self.seen.pictures >= self.expect.late_after;
        let found = links.iter().enumerate().find(|(at, link)| {
            let kind = kind_of(link);
            self.expect.never.iter().any(|never| never == kind)
                || late && kind == "late" && *at >= self.seen.links_before_pace
        });
        found.map(|(at, link)| format!("was said to be {link:?} (fact {at} of its link)"))
    }

    fn wrong(&self, tile: &Tile<'_>, enough: bool) -> Vec<String> {
        let (expect, seen) = (self.expect, &self.seen);
        let links = tile.links();
        let mut wrong: Vec<String> = self.told_wrongly(&links).into_iter().collect();
        let last = links.last();
        if expect.whole == "always" && !seen.torn.is_empty() {
            let torn = &seen.torn;
            wrong.push(format!(
                "{} torn pictures, the first of {}",
                torn.len(),
                torn[0]
            ));
        }
        let limit = expect.behind;
        if let Some(behind) = seen.behind.filter(|behind| *behind > limit)
            && expect.end == "live"
        {
            wrong.push(format!(
                "never less than {behind} pictures behind (right: {limit})"
            ));
        }
        if expect.colours && seen.wrong_colours > 0 {
            wrong.push(format!("{} pictures in wrong colours", seen.wrong_colours));
        }
        if expect.end != "live" && is_down(last) {
            let reason = last.map_or("", reason_of);
            let blames_password = reason.contains("password");
            let fits = expect.reasons.is_empty() && !blames_password
                || expect.reasons.iter().any(|wanted| wanted == reason);
            if !fits {
                wrong.push(format!(
                    "it is said to be {reason}, right: {:?}",
                    expect.reasons
                ));
            }
        }
        for through in &expect.through {
            if !links.iter().any(|link| kind_of(link) == through) {
                wrong.push(format!("was never said to be {through}"));
            }
        }
        if !self.misses_no_look(tile) {
            wrong.push(format!("the pictures were never {:?}", expect.looks));
        }
        if expect.plays > 0 && self.told.plays > expect.plays {
            wrong.push(format!(
                "{} sessions (right: {})",
                self.told.plays, expect.plays
            ));
        }
        if expect.clock == "none" && tile.feed.clock_offset().is_some() {
            let offset = tile.feed.clock_offset();
            wrong.push(format!(
                "a clock is told that the camera has not: {offset:?}"
            ));
        }
        if expect.basic == "never" && self.told.basic > 0 {
            wrong.push("the password went in the clear".into());
        }
        if wrong.is_empty() && !enough {
            let (pictures, whole) = (seen.pictures, seen.whole_in_row);
            wrong.push(format!(
                "waited in vain: {last:?}, {pictures} pictures, {whole} whole ones in a row"
            ));
        }
        wrong
    }
}

/// Opens a camera, looks until it has shown what it is about, and closes it.
fn judge(stage: &Stage, server: &Server, camera: &Camera) -> Verdict {
    let tile = stage.open(&camera.name, camera.address());
    let mut judge = Judge {
        server,
        camera,
        expect: &camera.expect,
        seen: Seen::default(),
        told: Told::default(),
    };
    let patience = PATIENCE + camera.needs();
    let ended = tile.look_for(patience, || {
        let links = tile.links();
        judge.look(&tile, links.len());
        if judge.is_spoilt(&links) {
            return Some(false);
        }
        (judge.has_enough(&links) && judge.misses_no_look(&tile)).then_some(true)
    });
    let second = camera.expect.second.as_ref();
    let second = second.and_then(|expect| look_twice(stage, server, camera, expect, &tile));
    judge.told = server.ask(&camera.name);
    let mut wrong = judge.wrong(&tile, ended == Some(true));
    wrong.extend(second);
    let link = tile.link();
    stage.live.close(&tile.feed.id);
    let seen = &judge.seen;
    let word = link.as_ref().map_or("nothing", kind_of);
    let reason = link.as_ref().map_or("", reason_of);
    let behind = seen.behind.map_or("-".into(), |behind| behind.to_string());
    let line = format!(
        "{:4} {:28} {:8} {reason:28} {:4} pictures {:3} torn {behind:>3} behind {:3} sessions  {}",
        camera.situation,
        camera.name,
        word,
        seen.pictures,
        seen.torn.len(),
        judge.told.plays,
        if wrong.is_empty() {
            "right".into()
        } else {
            format!("WRONG: {}", wrong.join("; "))
        }
    );
    Verdict { line, wrong }
}

/// A second viewer of the same camera; the first must not suffer.
fn look_twice(
    stage: &Stage,
    server: &Server,
    camera: &Camera,
    expect: &Expected,
    first: &Tile<'_>,
) -> Option<String> {
    let second = Camera {
        name: format!("{}-2", camera.name),
        expect: expect.clone(),
        ..camera.clone()
    };
    let tile = stage.open(&second.name, second.address());
    let down = tile.look_for(PATIENCE, || {
        first.feed.take_picture();
        tile.links().into_iter().find(|link| is_down(Some(link)))
    });
    stage.live.close(&tile.feed.id);
    let reason = down.as_ref().map_or("nothing", reason_of);
    if !expect.reasons.iter().any(|wanted| wanted == reason) {
        return Some(format!("the second viewer was told {reason}"));
    }
    let plays = server.ask(&camera.name).plays;
    (first.link() != Some(Link::Live) || plays > 1).then(|| {
        format!(
            "the first viewer is {:?} after {plays} sessions",
            first.link()
        )
    })
}

/// Looks at all cameras of a server, many at a time, those that need long first.
fn judge_all(stage: &Stage, server: &Server) -> Vec<Verdict> {
    let mut cameras: Vec<&Camera> = server.cameras.iter().collect();
    cameras.sort_by_key(|camera| camera.needs());
    let waiting = Mutex::new(cameras);
    let verdicts = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..TOGETHER {
            let (waiting, verdicts) = (&waiting, &verdicts);
            let work = move || {
                loop {
                    let next = waiting.lock().pop();
                    let Some(camera) = next else { return };
                    let verdict = judge(stage, server, camera);
                    verdicts.lock().push((camera.name.clone(), verdict));
                }
            };
            let thread = std::thread::Builder::new().name(format!("looks-{number}"));
            thread.spawn_scoped(scope, work).unwrap();
        }
    });
    let mut verdicts = verdicts.into_inner();
    // In the order in which they are listed.
    let place = |name: &str| server.cameras.iter().position(|camera| camera.name == name);
    verdicts.sort_by_key(|(name, _)| place(name));
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

#[expect(clippy::print_stdout, reason = "a table for whoever runs it")]
fn print(table: &str) {
    println!("{table}");
}

/// Prints what was found, and fails where something was wrong.
fn tell(verdicts: &[Verdict]) {
    let mut table = String::new();
    for verdict in verdicts {
        writeln!(table, "{}", verdict.line).unwrap();
    }
    print(&table);
    let wrong: Vec<&str> = verdicts
        .iter()
        .filter(|verdict| !verdict.wrong.is_empty())
        .map(|verdict| verdict.line.as_str())
        .collect();
    let all = verdicts.len();
    assert!(
        wrong.is_empty(),
        "{} of {all} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn odd_cameras_are_shown_whole_and_at_once_or_say_why_not() {
    let _turn = beside_others();
    let names = std::env::var("QYRAN_TEST_ODD").unwrap_or_default();
    let names: Vec<&str> = names.split_whitespace().collect();
    let server = Server::start(&names);
    let secrets: Vec<String> = server
        .cameras
        .iter()
        .filter_map(|c| c.secret.clone())
        .collect();
    let log = listen();
    let stage = Stage::start();
    let verdicts = judge_all(&stage, &server);
    let heard = stage.texts();
    drop(stage);
    tell(&verdicts);
    let written = hear(&log);
    for secret in &secrets {
        for text in [&heard, &written] {
            let told: Vec<&str> = text.lines().filter(|line| line.contains(secret)).collect();
            assert!(told.is_empty(), "a secret was told: {told:#?}");
        }
    }
}

#[test]
fn odd_cameras_are_shown_by_decoder_processes_too() {
    let _turn = beside_others();
    let server = Server::start(&[
        "plain-h264",
        "plain-h265",
        "plain-jpeg",
        "mark-nal",
        "mark-nal-h265",
        "sps-by-turns",
        "pps-h265",
        "held-poc2",
        "held-poc0",
        "held-h265",
        "refresh",
        "cra",
        "kind-bframes",
        "jpeg-restart",
        "sets-none",
    ]);
    let decoding = Decoding::Processes(Processes::of(env!("CARGO_BIN_EXE_qyran").into()));
    let options = Options {
        decoding,
        ..options()
    };
    let stage = Stage::start_with(&options, SystemOpener::default());
    tell(&judge_all(&stage, &server));
}
