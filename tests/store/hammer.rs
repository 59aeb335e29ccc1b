//! A seat that is killed at any moment: what it called durable is there, once, whole.
//!
//! The writer is this very test program, started again: its test [`writer`] writes only where it is
//! told a folder, and says each act's identity once that is durable.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use qyran::base::clock;
use qyran::bench::postgres::{Server, Stop};
use qyran::model::act::Key;
use qyran::model::id::Id;
use qyran::store::database::{Kept, Options, Outcome};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::harness::{Place, Seat, open_to_all, put, signed, verified};

const FOLDER: &str = "QYRAN_HAMMER_FOLDER";
const CENTRE: &str = "QYRAN_HAMMER_CENTRE";
/// What stands before an identity on a line of its own.
const KEPT: &str = "kept ";
/// Acts that are on their way at once, so that groups form.
const AT_ONCE: usize = 4;

/// How often a seat is killed: few times in each run of the tests, often in a long one.
fn rounds() -> u32 {
    if std::env::var_os("QYRAN_LONG").is_some() {
        50
    } else {
        5
    }
}

/// The record that every act changes.
fn counter() -> Key {
    Key::new("counter", Id::from_bytes([3; 16]))
}

/// Not a test but the writer, where it is told to be.
#[test]
fn writer() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let centre = std::env::var(CENTRE).ok();
    let options = options(Path::new(&folder), centre.as_deref());
    let seat = Seat::open(options).settled();
    let mut version = seat.with(|known| known.version(&counter()));
    let mut out = std::io::stdout();
    loop {
        let acts: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let act = seat.act("hammered", Vec::new());
                let thing = put(&Key::new("thing", act.id), 0, r#"{"whole":true}"#);
                let changes = vec![thing, put(&counter(), version, "{}")];
                version += 1;
                qyran::model::act::Act { changes, ..act }
            })
            .collect();
        let answers: Vec<_> = acts
            .iter()
            .map(|act| seat.store().submit(act.clone()).expect("taken"))
            .collect();
        for (act, answer) in acts.iter().zip(answers) {
            match answer.wait() {
                Ok(Kept::Queued | Kept::Settled(Outcome::Done { .. })) => {
                    writeln!(out, "{KEPT}{}", act.id).expect("a pipe");
                }
                other => panic!("{other:?}"),
            }
        }
        // What was told is not kept here.
        seat.until("anything", |_| true);
    }
}

fn options(folder: &Path, centre: Option<&str>) -> Options {
    let place = match centre {
        Some(url) => Place::at(url),
        None => Place::alone(),
    };
    signed(Options {
        folder: folder.to_owned(),
        ..place.options("hammer")
    })
}

/// A writer, and what it says.
struct Writer {
    child: Child,
    lines: crossbeam_channel::Receiver<Id>,
}

impl Writer {
    fn start(folder: &Path, centre: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", "hammer::writer", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        if let Some(centre) = centre {
            command.env(CENTRE, centre);
        }
        let mut child = command.spawn().expect("a writer");
        let out = child.stdout.take().expect("a pipe");
        let (sender, lines) = crossbeam_channel::bounded(1 << 20);
        qyran::base::threads::spawn("hammer-says", move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                // The frame of the tests may stand before it; what was cut off is no identity.
                let said = line.split_once(KEPT).map(|(_, id)| id.parse());
                if let Some(Ok(id)) = said {
                    sender.send(id).expect("room");
                }
            }
        })
        .expect("a thread");
        Self { child, lines }
    }

    /// Waits until it has said `many`.
    fn said(&self, many: usize, into: &mut Vec<Id>) {
        let deadline = clock::now() + crate::harness::PATIENCE;
        for _ in 0..many {
            let id = self.lines.recv_deadline(deadline);
            into.push(id.expect("the writer goes on"));
        }
    }

    /// Kills it, and takes what it had said by then.
    fn kill(mut self, into: &mut Vec<Id>) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
        into.extend(self.lines.iter());
    }
}

/// Lets less time pass than an act takes: a kill that falls anywhere.
fn a_moment(rng: &mut SmallRng) {
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    let micros = rng.random_range(0..9_000);
    pause.recv_timeout(Duration::from_micros(micros)).ok(); // nobody sends
}

/// What must hold of a store whose writer said `kept`.
fn nothing_is_lost_or_half(seat: &Seat, kept: &[Id], killed: usize) {
    let log = seat.log();
    let there: BTreeSet<Id> = log.iter().copied().collect();
    assert_eq!(there.len(), log.len(), "none twice");
    let missing: Vec<&Id> = kept.iter().filter(|id| !there.contains(id)).collect();
    assert!(missing.is_empty(), "said to be kept: {missing:?}");
    // What was on its way when the writer was killed may be there or not.
    assert!(log.len() <= kept.len() + killed * AT_ONCE);
    seat.until("all", |known| {
        known.version(&counter()) as usize == log.len()
    });
    seat.with(|known| {
        for id in &log {
            assert_eq!(
                known.body(&Key::new("thing", *id)),
                Some(r#"{"whole":true}"#)
            );
        }
        assert_eq!(known.rows.len(), log.len() + 1);
        assert_eq!(known.conflicts, Vec::new());
    });
    verified(seat);
}

#[test]
fn a_machine_alone_that_is_killed_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rng = SmallRng::seed_from_u64(1);
    let mut kept = Vec::new();
    for round in 1..=rounds() as usize {
        let writer = Writer::start(folder.path(), None);
        writer.said(rng.random_range(1..120), &mut kept);
        a_moment(&mut rng);
        writer.kill(&mut kept);
        let seat = Seat::open(options(folder.path(), None)).settled();
        nothing_is_lost_or_half(&seat, &kept, round);
        assert_eq!(
            seat.store().check().expect("asked").wait(),
            Ok(Vec::new()),
            "the file is whole"
        );
    }
}

#[test]
fn a_seat_and_its_centre_that_are_killed_lose_and_double_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    let mut server = Server::start(&folder.path().join("pg"), true).expect("PostgreSQL");
    server.new_database("q").expect("a database");
    let url = server.url("postgres", "q");
    let seat_folder = folder.path().join("seat");
    let mut rng = SmallRng::seed_from_u64(2);
    let mut kept = Vec::new();
    for round in 1..=rounds() as usize {
        let writer = Writer::start(&seat_folder, Some(&url));
        writer.said(rng.random_range(1..60), &mut kept);
        a_moment(&mut rng);
        // In two of three rounds the server dies first, and the seat goes on for a while.
        let dies = round % 3 != 0;
        if dies {
            let how = if round % 2 == 0 {
                Stop::Kill
            } else {
                Stop::Fast
            };
            server.stop(how).expect("stopped");
            writer.said(rng.random_range(1..60), &mut kept);
            a_moment(&mut rng);
        }
        writer.kill(&mut kept);
        if dies {
            server.go_on().expect("started");
        }
        let seat = Seat::open(options(&seat_folder, Some(&url))).settled();
        nothing_is_lost_or_half(&seat, &kept, round);
    }
}
