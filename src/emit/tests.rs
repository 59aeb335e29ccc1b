//! What is read and built, and what is sent to a real door.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use clap::Parser as _;

use super::*;
use crate::base::clock::SystemClock;
use crate::base::threads;
use crate::link::intake::{Answer, Intake};
use crate::model::outside::{Detail, OutsideEvent, Refusal, Stage};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn args(line: &[&str]) -> Result<Args, clap::Error> {
    let all = std::iter::once("emit").chain(line.iter().copied());
    Cli::try_parse_from(all).map(|cli| cli.args)
}

fn event(id: &str) -> String {
    format!(
        r#"{{"form":1,"source":"lpr","id":"{id}","class":"plate.hit","at":"2026-03-01T08:00:00Z"}}"#
    )
}

#[test]
fn an_event_is_built_of_the_arguments() {
    let line = [
        "--class",
        "bracelet.strap",
        "--source",
        "probation",
        "--id",
        "7",
        "--at",
        "2026-03-01T13:00:00+05:00",
        "--stage",
        "ended",
        "--thing",
        "BR-1",
        "--camera",
        "ak-1",
        "--place",
        "көше 1",
        "--lat",
        "-52.5",
        "--lon",
        "76",
        "--site",
        "№ 12",
        "--subject",
        "bracelet=BR 1=2",
        "--text-kk",
        "к",
        "--text-ru",
        "р",
        "--text-en",
        "e",
        "--score",
        "0.5",
        "--detail",
        "battery=64",
        "--detail",
        "phone=0077",
        "--detail",
        "v=a=b",
    ];
    let event = args(&line)
        .expect("arguments")
        .event
        .build()
        .expect("an event");
    assert_eq!(
        (event.source.as_str(), event.id.as_str()),
        ("probation", "7")
    );
    assert_eq!(event.at.0, 1_772_352_000_000_000_000);
    let thing = "BR-1".to_owned();
    assert_eq!(event.stage, Stage::Ended { thing });
    let position = event
        .place
        .as_ref()
        .and_then(|place| place.position)
        .expect("a position");
    assert_eq!((position.lat_deg, position.lon_deg), (-52.5, 76.0));
    assert_eq!(event.subject.expect("a subject").text, "BR 1=2");
    assert_eq!(event.details["battery"], Detail::Number(64.0));
    assert_eq!(event.details["phone"], Detail::Text("0077".to_owned()));
    assert_eq!(event.details["v"], Detail::Text("a=b".to_owned()));
    assert_eq!(
        (event.text.kk.as_deref(), event.score),
        (Some("к"), Some(0.5))
    );

    let short = args(&["--class", "sos.call"]).expect("arguments").event;
    let (one, two) = (
        short.build().expect("an event"),
        short.build().expect("an event"),
    );
    assert_eq!(one.source, "emit");
    assert_ne!(one.id, two.id, "ids of chance");
    let bad = args(&["--class", "sos.call", "--score", "2"])
        .expect("arguments")
        .event;
    assert!(format!("{:#}", bad.build().expect_err("no event")).contains("/score: expected"));
    let twice = args(&["--class", "a.b", "--detail", "a=1", "--detail", "a=2"]).expect("arguments");
    assert!(twice.event.build().is_err());
    for wrong in [
        &[][..],
        &["--lat", "1", "--class", "a.b"],
        &["--class", "a.b", "events.json"],
        &["--class", "a.b", "--file", "events.json"],
        &["-", "--id", "7"],
        &["-", "--wait", "-1"],
        &["--class", "a.b", "--detail", "a"],
    ] {
        assert!(args(wrong).is_err(), "{wrong:?}");
    }
    assert!(args(&["-", "--wait", "0"]).is_ok() && args(&["--file", "-"]).is_ok());
}

/// Ids, or places of refusals, batch by batch.
fn read(text: impl Into<Vec<u8>>) -> Vec<String> {
    let mut items = input::Items::of(std::io::Cursor::new(text.into())).expect("a thread");
    let mut found = Vec::new();
    while let Some(batch) = items.next_batch().expect("it can be read") {
        assert!(!batch.is_empty());
        found.extend(batch.into_iter().map(|item| match item {
            Item::Event(event) => event.id,
            Item::Refused(refusal) => format!("{:?} {}", refusal.line, refusal.pointer),
        }));
    }
    found
}

#[test]
fn one_a_list_and_lines_are_read() {
    let pretty = event("1").replace(',', ",\n  ");
    assert_eq!(read(pretty.as_str()), ["1"]);
    assert_eq!(read(format!("\n\n{}", event("1"))), ["1"]);
    assert_eq!(read(format!("[{pretty},\n{}]", event("2"))), ["1", "2"]);
    let lines = format!(
        "\n{}\r\n\n{}\nnonsense\n{}",
        event("1"),
        event("2"),
        event("3")
    );
    assert_eq!(read(lines), ["1", "2", "Some(5) ", "3"]);
    let long = format!(
        "{}\n\"{}\"\n{}\n",
        event("1"),
        "x".repeat(3 << 20),
        event("2")
    );
    assert_eq!(read(long), ["1", "Some(2) ", "2"]);
    assert_eq!(read(""), ["None "]);
    assert_eq!(read("x".repeat(3 << 20)), ["None "]);
    let many: Vec<String> = (0..2500).map(|n| n.to_string()).collect();
    let lines: Vec<String> = many.iter().map(|id| event(id)).collect();
    assert_eq!(read(lines.join("\n")), many, "more than one list may hold");
}

/// A wall whose app refuses what `answer` says.
struct Wall {
    intake: Option<Intake>,
    address: SocketAddr,
    app: Option<JoinHandle<Vec<String>>>,
}

fn wall(mut answer: impl FnMut(&OutsideEvent) -> Answer + Send + 'static) -> Wall {
    let (wake, woken) = crossbeam_channel::bounded(1);
    let (mut intake, mut offers) = Intake::new(Arc::new(SystemClock), None, move || {
        // One call that waits is enough.
        wake.try_send(()).ok();
    });
    let token = Token::new(TOKEN).expect("a token");
    let address = intake.listen(0, token, Vec::new).expect("a free port");
    let app = threads::spawn("app", move || {
        let mut heard = Vec::new();
        while woken.recv().is_ok() {
            while let Some(offered) = offers.take() {
                heard.push(offered.event.id.clone());
                let said = answer(&offered.event);
                offered.reply.send(said);
            }
        }
        heard
    });
    Wall {
        intake: Some(intake),
        address,
        app: Some(app.expect("a thread")),
    }
}

impl Wall {
    fn close(mut self) -> Vec<String> {
        drop(self.intake.take());
        self.app
            .take()
            .expect("open")
            .join()
            .expect("it did not fall")
    }

    fn sender(&self, wait_secs: u64) -> Sender {
        let token = Token::new(TOKEN).expect("a token");
        Sender::new(
            format!("http://{}", self.address),
            token,
            Duration::from_secs(wait_secs),
        )
    }
}

fn events(ids: &[&str]) -> Vec<OutsideEvent> {
    let parse = |id: &&str| OutsideEvent::parse(event(id).as_bytes()).expect("of the form");
    ids.iter().map(parse).collect()
}

#[tokio::test]
async fn what_is_busy_is_sent_again_and_everything_is_said() {
    let tries = AtomicUsize::new(0);
    let wall = wall(move |event| match event.id.as_str() {
        "2" if tries.fetch_add(1, Ordering::Relaxed) < 2 => Answer::Busy,
        "3" => Answer::Conflict,
        "4" => Answer::Repeat,
        "5" => Answer::Refused(Refusal {
            line: None,
            pointer: "/class".to_owned(),
            reason: "no\u{1b}[31m".to_owned(),
        }),
        _ => Answer::Kept(Vec::new()),
    });
    let (mut fared, mut said) = (Fared::default(), Vec::new());
    let mut say = |line: &str| said.push(line.to_owned());
    let all = events(&["1", "2", "3", "4", "5"]);
    let sent = wall.sender(60).send(all, &mut fared, &mut say).await;
    assert!(sent.expect("the door takes it"), "all were answered");
    assert_eq!(
        fared,
        Fared {
            kept: 3,
            refused: 2
        }
    );
    said.sort();
    assert_eq!(
        said[2..],
        [
            "kept lpr 2",
            "refused lpr 5: /class: no[31m",
            "repeat lpr 4"
        ]
    );
    assert!(
        said[0].starts_with("conflict lpr 3: another event"),
        "{said:?}"
    );
    assert_eq!(wall.close(), ["1", "2", "3", "4", "5", "2", "2"]);
}

#[tokio::test]
async fn a_wall_that_is_away_or_strange_is_told() {
    let wall = wall(|_| Answer::Busy);
    let (mut fared, mut said) = (Fared::default(), Vec::new());
    let mut say = |line: &str| said.push(line.to_owned());
    let sent = wall
        .sender(0)
        .send(events(&["1"]), &mut fared, &mut say)
        .await;
    assert!(!sent.expect("the door takes it"));
    let other = Token::new(&TOKEN.replace('0', "1")).expect("a token");
    let mut stranger = Sender::new(format!("http://{}", wall.address), other, Duration::ZERO);
    let refused = stranger.send(events(&["1"]), &mut fared, &mut say).await;
    assert!(refused.expect_err("no token").to_string().contains("401"));
    let mut away = wall.sender(0);
    wall.close();
    assert!(
        !away
            .send(events(&["2"]), &mut fared, &mut say)
            .await
            .expect("away")
    );
    assert_eq!(fared, Fared::default());
    assert!(
        said[0].starts_with("unsent lpr 1: not known to be kept"),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("unsent lpr 2: http://127.0.0.1:"),
        "{said:?}"
    );
}

#[test]
fn the_command_ends_with_what_its_help_says() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.to_str().expect("text").to_owned();
    let write = |name: &str, what: &str| {
        let mut options = std::fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path(name)).expect("opened");
        file.write_all(what.as_bytes()).expect("written");
    };
    write("events.token", TOKEN);
    write("good.json", &event("1"));
    write("bad.json", &format!("{}\n{{}}", event("2")));
    let wall = wall(|_| Answer::Kept(Vec::new()));
    let to = format!("http://{}", wall.address);
    let config = text(folder.path());
    let code = |more: &[&str]| {
        let common = ["--config", &config, "--to", &to, "--wait", "0"];
        let args = args(&[&common[..], more].concat()).expect("arguments");
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(emit(&args))
            .unwrap_or(CANNOT_SEND)
    };
    let (good, bad) = (text(&path("good.json")), text(&path("bad.json")));
    assert_eq!(code(&[&good]), ALL_KEPT);
    assert_eq!(code(&["--file", &bad]), SOME_REFUSED);
    assert_eq!(code(&["--class", "sos.call", "--id", "3"]), ALL_KEPT);
    assert_eq!(code(&["--check", &bad]), SOME_REFUSED);
    assert_eq!(code(&[&text(&path("none.json"))]), CANNOT_SEND);
    assert_eq!(code(&["--token", &good, &good]), CANNOT_SEND);
    assert_eq!(wall.close(), ["1", "2", "3"]);
    assert_eq!(code(&[&good]), NOT_ALL_SENT);
    write("settings.toml", "events_port = 0");
    let none = args(&["--config", &config, &good]).expect("arguments");
    assert!(sender(&none).is_err_and(|error| error.to_string().contains("events_port = 0")));
}
