//! The disk of the centre's server is full or turns read-only: its seats say so, work on, and catch up
//! when it is well again.

use std::fs;
use std::path::Path;
use std::process::Command;

use qyran::bench::postgres::{Server, Stop};
use qyran::model::act::Act;
use qyran::model::id::Id;
use qyran::store::database::{Kept, Link, Outcome, StoreError};
use rand::distr::{Alphanumeric, SampleString as _};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng as _};

use crate::disk::Disk;
use crate::harness::{Place, Seat, new_key, open_to_all, put, signed, verified};
use crate::read_only::Image;

/// A cluster and what these tests do fit in; the rest of it is filled.
const MEGABYTES: u32 = 80;
/// So many acts fill whatever was left.
const MOST_ACTS: usize = 60;

/// A server on a small disk, and two seats whose own disks have room.
struct Centre<D> {
    one: Seat,
    other: Seat,
    /// Acts in the order in which they must be in the log.
    done: Vec<Id>,
    _place: Place,
    server: Server,
    disk: D,
    rng: SmallRng,
}

impl<D> Centre<D> {
    /// A durable one is of use where the disk forgets what was not written to it.
    fn on(disk: D, folder: &Path, durable: bool) -> Self {
        open_to_all(folder);
        let server = Server::start(&folder.join("pg"), durable).expect("PostgreSQL");
        server.new_database("q").expect("a database");
        let place = Place::at(&server.url("postgres", "q"));
        let [one, other] = ["one", "other"].map(|name| {
            let seat = Seat::open(signed(place.options(name))).settled();
            let who = format!(r#"{{"who":"{name}"}}"#);
            seat.store().present(who).expect("said");
            seat
        });
        Self {
            one,
            other,
            done: Vec::new(),
            _place: place,
            server,
            disk,
            rng: SmallRng::seed_from_u64(11),
        }
    }

    /// Something that cannot be made smaller.
    fn large(&mut self) -> Act {
        let body = format!(r#"{{"a":"{}"}}"#, noise(&mut self.rng, 60_000));
        self.one.act("made", vec![put(&new_key(), 0, &body)])
    }

    /// One does something that the centre has.
    fn must(&mut self) {
        let act = self.large();
        self.one.must(&act);
        self.done.push(act.id);
    }

    /// One works on while the server takes nothing: all of it is durable at the seat.
    fn works_on(&mut self, acts: usize) {
        let shown = self.one.with(|known| known.provisional) + acts as u64;
        for _ in 0..acts {
            let act = self.large();
            assert_eq!(self.one.submit(&act), Ok(Kept::Queued));
            self.done.push(act.id);
        }
        self.one
            .until("its own doing shown", |known| known.provisional >= shown);
    }

    /// The other, which did nothing meanwhile, sees all; the log has each once, in order, as signed.
    fn has_all(&self) {
        let all = self.done.len();
        for seat in [&self.one, &self.other] {
            seat.until("there again with everything", |known| {
                known.link == Some(Link::There)
                    && known.rows.len() == all
                    && known.rows.values().all(|row| row.version == 1)
            });
            seat.with(|known| assert_eq!((&known.trouble, known.conflicts.len()), (&None, 0)));
        }
        assert_eq!(self.one.log(), self.done);
        verified(&self.one);
    }
}

fn on_a_small_disk() -> Option<Centre<Disk>> {
    let disk = Disk::new(MEGABYTES)?;
    let folder = disk.path().to_owned();
    Some(Centre::on(disk, &folder, false))
}

fn noise(rng: &mut impl Rng, length: usize) -> String {
    Alphanumeric.sample_string(rng, length)
}

#[test]
fn a_server_that_finds_no_room_for_data_is_told_and_caught_up_with() {
    let Some(mut centre) = on_a_small_disk() else {
        return;
    };
    centre.must();
    let filler = centre.disk.fill(400_000);
    // Until it takes no more.
    for n in 0.. {
        assert!(n < MOST_ACTS, "it never was full");
        let act = centre.large();
        let kept = centre.one.submit(&act).expect("kept");
        centre.done.push(act.id);
        match kept {
            Kept::Settled(Outcome::Done { .. }) => {}
            Kept::Queued => break,
            refused @ Kept::Settled(_) => panic!("{refused:?}"),
        }
    }
    centre
        .one
        .until("told that the server's disk is full", |known| {
            matches!(&known.link, Some(Link::Away { why: StoreError::Full { place }, waiting })
            if place.contains("127.0.0.1") && *waiting > 0)
        });
    centre.works_on(5);
    // What waits outlives the seat's own restart, in its order.
    let all = centre.done.len();
    centre.one.start_again();
    centre.one.until("its own doing shown again", |known| {
        known.ready && known.rows.len() == all
    });
    // A seat that can read there and say nothing does not come and go.
    let who = format!(r#"{{"who":"{}"}}"#, noise(&mut centre.rng, 100_000));
    centre.other.store().present(who).expect("said");
    centre
        .other
        .until("told again and again", |known| known.went >= 3);
    let came = centre.other.with(|known| known.came);
    assert_eq!(came, 1, "it is not there while it takes nothing");
    fs::remove_file(filler).expect("room");
    centre.has_all();
    centre.must();
    centre.has_all();
}

#[test]
fn a_server_that_dies_for_want_of_room_is_told_and_caught_up_with() {
    let Some(mut centre) = on_a_small_disk() else {
        return;
    };
    centre.must();
    let filler = centre.disk.fill(0);
    // What comes next needs a new file of its log ahead, for which it finds no room: it stops itself.
    // That it went down while it answered is as good as an answer.
    centre.server.sql("q", "SELECT pg_switch_wal()").ok();
    let act = centre.large();
    assert_eq!(centre.one.submit(&act), Ok(Kept::Queued));
    centre.done.push(act.id);
    for seat in [&centre.one, &centre.other] {
        seat.until("told that the centre is away", |known| {
            matches!(
                known.link,
                Some(Link::Away {
                    why: StoreError::Full { .. } | StoreError::Away { .. },
                    ..
                })
            )
        });
    }
    centre.works_on(5);
    centre.one.until(
        "all waits",
        |known| matches!(known.link, Some(Link::Away { waiting, .. }) if waiting == 6),
    );
    fs::remove_file(filler).expect("room");
    // Whoever looks after the server starts it again.
    centre.server.stop(Stop::Kill).expect("stopped");
    centre.server.go_on().expect("started");
    centre.has_all();
    centre.must();
    centre.has_all();
}

#[test]
fn a_server_whose_disk_turns_read_only_is_told_and_caught_up_with() {
    let Some(image) = Image::new(2 * MEGABYTES) else {
        return;
    };
    let folder = image.path();
    let mut centre = Centre::on(image, &folder, true);
    centre.must();
    // What was made before anything was kept was not waited for.
    let mut sync = Command::new("sync");
    sync.arg("-f").arg(&folder).output().expect("sync");
    centre.disk.turns_read_only();
    // The server stops itself over this, and says that it has not the right to write.
    centre.works_on(3);
    centre.one.until("told that the centre is away", |known| {
        matches!(&known.link, Some(Link::Away { waiting: 3, .. }))
    });
    centre.server.stop(Stop::Kill).expect("stopped");
    centre.disk.is_mended();
    centre.server.go_on().expect("started");
    centre.has_all();
    centre.must();
    centre.has_all();
}
