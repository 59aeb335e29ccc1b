//! Disks that are full or may only be read: told plainly, and nothing is lost when there is room again.
//!
//! The disks are small file systems in memory, which only an administrator can make: for anybody else
//! these tests are skipped.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use qyran::model::act::Act;
use qyran::model::id::Id;
use qyran::store::database::{Kept, Link, Options, Outcome, StoreError};
use tempfile::TempDir;

use crate::harness::{Place, Seat, new_key, open_to_all, put, signed, verified};

/// A small disk.
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    pub(crate) fn new(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = mount(
            &["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "none"],
            folder.path(),
        );
        if !mounted {
            qyran::base::skipped::skip_in_any_case("no disk can be mounted here");
            return None;
        }
        open_to_all(folder.path());
        Some(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves room for no more than so many bytes.
    pub(crate) fn fill(&self, leave: u64) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = fs::File::create(&path).expect("a file");
        let mut written = 0;
        // As far as it goes.
        while let Ok(more) = file.write(&[1; 1 << 12]) {
            written += more as u64;
        }
        file.set_len(written.saturating_sub(leave)).expect("room");
        path
    }

    fn may_only_be_read(&self, only_read: bool) {
        let how = if only_read {
            "remount,ro"
        } else {
            "remount,rw"
        };
        assert!(mount(&["-o", how], self.path()), "{how}");
    }
}

pub(crate) fn mount(how: &[&str], folder: &Path) -> bool {
    let mut command = Command::new("mount");
    command.args(how).arg(folder);
    command.output().is_ok_and(|said| said.status.success())
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also where a file of it is still open.
        let mut command = Command::new("umount");
        command.arg("-l").arg(self.path()).output().ok();
    }
}

fn large(seat: &Seat) -> Act {
    let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(60_000));
    seat.act("made", vec![put(&new_key(), 0, &body)])
}

/// Waits until an answer is there.
fn settled(answer: qyran::store::database::Answer<Kept>) -> Kept {
    answer.wait().expect("an answer")
}

#[test]
fn a_full_disk_of_a_machine_alone_is_told_and_nothing_is_lost() {
    let Some(disk) = Disk::new(8) else { return };
    let options = signed(Options {
        folder: disk.path().to_owned(),
        ..Place::alone().options("seat")
    });
    let seat = Seat::open(options).settled();
    let filler = disk.fill(1 << 20);
    let mut done: Vec<Id> = Vec::new();
    let waiting = loop {
        let act = large(&seat);
        let mut answer = seat.store().submit(act.clone()).expect("taken");
        done.push(act.id);
        let mut kept = None;
        seat.until("kept, or told why not", |known| {
            kept = answer.poll();
            kept.is_some() || known.trouble.is_some() || known.told.len() >= done.len()
        });
        if seat.with(|known| known.trouble.is_some()) {
            assert_eq!(kept, None, "it waits");
            break answer;
        }
        if kept.is_none() {
            settled(answer);
        }
        assert!(done.len() < 200, "it never was full");
    };
    seat.with(|known| {
        let told = known.trouble.clone();
        assert!(matches!(told, Some(StoreError::Full { .. })), "{told:?}");
    });
    fs::remove_file(filler).expect("room");
    assert!(matches!(
        settled(waiting),
        Kept::Settled(Outcome::Done { .. })
    ));
    seat.until("well again", |known| known.trouble.is_none());
    let last = large(&seat);
    seat.must(&last);
    done.push(last.id);
    assert_eq!(seat.log(), done);
    verified(&seat);
    let again = Seat::open(seat.close()).settled();
    assert_eq!(again.log(), done);
    verified(&again);
}

#[test]
fn a_seat_whose_disk_is_full_works_on_with_its_centre() {
    let Some(disk) = Disk::new(8) else { return };
    let place = Place::in_a_centre();
    let mut options = place.options("seat-full");
    options.folder = disk.path().to_owned();
    let (seat, other) = (Seat::open(options).settled(), place.seat().settled());
    let filler = disk.fill(300_000);
    let mut done = Vec::new();
    for _ in 0..20 {
        let act = large(&other);
        other.must(&act);
        done.push(act.id);
    }
    seat.until("told that its disk is full", |known| {
        matches!(known.trouble, Some(StoreError::Full { .. }))
    });
    // It sees everything and keeps what it does at the centre.
    seat.until("everything", |known| known.rows.len() == done.len());
    let own = seat.act("made", vec![put(&new_key(), 0, "{}")]);
    seat.must(&own);
    done.push(own.id);
    other.until("that", |known| known.rows.len() == done.len());
    seat.with(|known| assert_eq!(known.link, Some(Link::There)));
    // With room again its file has all of it too, as is seen without the centre.
    fs::remove_file(filler).expect("room");
    other.must(&other.act("made", vec![put(&new_key(), 0, "{}")]));
    seat.until("well again", |known| known.trouble.is_none());
    seat.until("the last", |known| known.rows.len() == done.len() + 1);
    let mut options = seat.close();
    let nowhere = Place::at("postgres://postgres@127.0.0.1:9/nowhere");
    options.centre.clone_from(&nowhere.centre);
    let away = Seat::open(options);
    away.until("all of it", |known| {
        known.ready && known.rows.len() == done.len() + 1
    });
}

#[test]
fn a_disk_that_may_only_be_read_is_told() {
    for place in Place::both() {
        let Some(disk) = Disk::new(8) else { return };
        let options = Options {
            folder: disk.path().to_owned(),
            ..place.options("seat")
        };
        let seat = Seat::open(options.clone()).settled();
        let act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        seat.must(&act);
        drop(seat);
        disk.may_only_be_read(true);
        let told = Seat::try_open(options.clone()).map(drop);
        assert!(
            matches!(told, Err(StoreError::NotWritable { .. })),
            "{}: {told:?}",
            place.name
        );
        disk.may_only_be_read(false);
        let seat = Seat::open(options).settled();
        assert_eq!(seat.log(), [act.id]);
    }
}
