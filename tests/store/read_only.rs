//! A disk that turns read-only under an open store, and one that refuses for a while.
//!
//! The first is a file system that found itself damaged and lets nothing more be written, although
//! files on it are open for writing; only after it was mounted anew is it well. Such a disk, made in a
//! file, takes an administrator: for anybody else these tests are skipped. A disk
//! that refuses and thinks better of it without being mounted anew is one whose files may not be
//! changed for a while.

use std::path::{Path, PathBuf};
use std::process::Command;

use qyran::base::clock;
use qyran::model::act::Act;
use qyran::model::id::Id;
use qyran::store::database::{Answer, Kept, Link, Options, Outcome, StoreError};
use tempfile::TempDir;

use crate::away::Gate;
use crate::disk::mount;
use crate::harness::{PATIENCE, Place, Seat, new_database, new_key, put, server, signed, verified};

/// A disk in a file.
pub(crate) struct Image {
    folder: TempDir,
}

impl Image {
    pub(crate) fn new(megabytes: u32) -> Option<Self> {
        let image = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        let file = std::fs::File::create(image.file()).expect("a file");
        file.set_len(u64::from(megabytes) << 20).expect("sparse");
        std::fs::create_dir(image.path()).expect("a folder");
        let made = Command::new("mkfs.ext4")
            .arg("-q")
            .arg(image.file())
            .output();
        if !made.is_ok_and(|said| said.status.success()) || !image.mounted() {
            qyran::base::skipped::skip_in_any_case("no disk in a file can be mounted here");
            return None;
        }
        Some(image)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn mounted(&self) -> bool {
        let file = self.file();
        let file = file.to_str().expect("a name");
        mount(&["-o", "loop", file], &self.path())
    }

    /// What a file system does that finds itself damaged, with files open on it or not.
    pub(crate) fn turns_read_only(&self) {
        assert!(mount(&["-o", "remount,abort"], &self.path()));
        let tried = std::fs::write(self.path().join("try"), "");
        assert!(tried.is_err(), "it may only be read");
    }

    /// No file on it may be open any more.
    pub(crate) fn is_mended(&self) {
        let deadline = clock::now() + PATIENCE;
        loop {
            let unmounted = Command::new("umount").arg(self.path()).output();
            let unmounted = unmounted.expect("umount");
            if unmounted.status.success() {
                break;
            }
            // Programs that were ended may take a moment to go.
            assert!(clock::now() < deadline, "{unmounted:?}");
        }
        // It says by its status what it mended.
        let mut look = Command::new("e2fsck");
        look.arg("-fp").arg(self.file()).output().expect("e2fsck");
        assert!(self.mounted());
    }

    /// Whether the files of a store, except what its programs share in memory, may be changed.
    fn refuses(&self, refuses: bool) {
        let mut files = vec![self.path()];
        for file in std::fs::read_dir(self.path()).expect("the folder") {
            let path = file.expect("a file").path();
            let of_a_store = |end| path.to_string_lossy().ends_with(end);
            if of_a_store(".db") || of_a_store(".db-wal") {
                files.push(path);
            }
        }
        let how = if refuses { "+i" } else { "-i" };
        let changed = Command::new("chattr").arg(how).args(files).output();
        assert!(changed.is_ok_and(|said| said.status.success()), "{how}");
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Also where a file of it is still open.
        let mut command = Command::new("umount");
        command.arg("-l").arg(self.path()).output().ok();
    }
}

/// A seat whose files lie on a disk.
fn seat_on(place: &Place, folder: &Path) -> Seat {
    let options = Options {
        folder: folder.to_owned(),
        ..place.options("seat")
    };
    Seat::open(signed(options)).settled()
}

fn done(seat: &Seat) -> Id {
    let act = small(seat);
    seat.must(&act);
    act.id
}

fn small(seat: &Seat) -> Act {
    seat.act("made", vec![put(&new_key(), 0, "{}")])
}

/// Does something that cannot be kept now, and waits until that is told.
fn waits(seat: &Seat) -> (Id, Answer<Kept>) {
    let act = small(seat);
    let mut answer = seat.store().submit(act.clone()).expect("taken");
    is_told(seat);
    assert_eq!(answer.poll(), None, "nobody says that it is kept");
    (act.id, answer)
}

fn is_told(seat: &Seat) {
    let folder = seat.options.folder.display().to_string();
    seat.until("told that its disk takes nothing", |known| {
        matches!(&known.trouble, Some(StoreError::NotWritable { place, why })
            if place.starts_with(&folder) && why.contains("os error"))
    });
}

#[test]
fn a_disk_that_turns_read_only_under_a_machine_alone_is_told() {
    let Some(image) = Image::new(16) else { return };
    let place = Place::alone();
    let seat = seat_on(&place, &image.path());
    let mut all = vec![done(&seat), done(&seat)];
    image.turns_read_only();
    let (_, mut answer) = waits(&seat);
    // What was kept can still be seen.
    assert_eq!(seat.log(), all);
    let options = seat.close();
    assert!(
        matches!(answer.poll(), Some(Err(StoreError::NotWritable { .. }))),
        "at the end it is refused, not said to be kept"
    );
    image.is_mended();
    let seat = Seat::open(options).settled();
    assert_eq!(
        seat.log(),
        all,
        "what was said to be kept, and nothing else"
    );
    all.push(done(&seat));
    assert_eq!(seat.log(), all);
    verified(&seat);
}

#[test]
fn a_disk_that_turns_read_only_under_a_seat_is_told_and_it_works_on_with_its_centre() {
    let Some(image) = Image::new(16) else { return };
    let place = Place::in_a_centre();
    let (seat, other) = (seat_on(&place, &image.path()), place.seat().settled());
    let mut all = vec![done(&seat), done(&other)];
    seat.until("both", |known| known.rows.len() == 2);
    image.turns_read_only();
    all.push(done(&other));
    is_told(&seat);
    all.push(done(&seat));
    for seat in [&seat, &other] {
        seat.until("everything", |known| known.rows.len() == all.len());
    }
    seat.with(|known| {
        assert_eq!((&known.link, known.went), (&Some(Link::There), 0));
        assert!(known.trouble.is_some(), "its own file lags behind");
    });
    let options = seat.close();
    image.is_mended();
    let seat = Seat::open(options).settled();
    all.push(done(&seat));
    seat.until("everything", |known| known.rows.len() == all.len());
    assert_eq!(seat.log(), all);
    verified(&seat);
}

#[test]
fn a_machine_alone_goes_on_when_its_disk_takes_something_again() {
    let Some(image) = Image::new(16) else { return };
    let place = Place::alone();
    let seat = seat_on(&place, &image.path());
    let mut all = vec![done(&seat)];
    image.refuses(true);
    let (id, answer) = waits(&seat);
    all.push(id);
    image.refuses(false);
    let kept = seat.answered("kept", answer);
    assert!(matches!(kept, Ok(Kept::Settled(Outcome::Done { .. }))));
    seat.until("well again", |known| known.trouble.is_none());
    all.push(done(&seat));
    assert_eq!(seat.log(), all);
    verified(&seat);
}

#[test]
fn a_seat_with_neither_disk_nor_centre_says_so_and_keeps_it_with_whichever_comes_back() {
    let Some(image) = Image::new(16) else { return };
    let (database, gate) = (new_database(), Gate::before(server().port()));
    let place = Place::at(&server().url("postgres", &database));
    let through = Place::at(&format!(
        "postgres://postgres@127.0.0.1:{}/{database}",
        gate.port
    ));
    let (seat, other) = (seat_on(&through, &image.path()), place.seat().settled());
    let mut all = vec![done(&seat)];
    for disk_first in [false, true] {
        gate.shut(true);
        seat.until("away", |known| {
            matches!(known.link, Some(Link::Away { .. }))
        });
        image.refuses(true);
        let (id, answer) = waits(&seat);
        let more = small(&seat);
        let behind = seat.store().submit(more.clone()).expect("taken");
        all.extend([id, more.id]);
        if disk_first {
            image.refuses(false);
            assert_eq!(seat.answered("kept", answer), Ok(Kept::Queued));
            assert_eq!(seat.answered("kept", behind), Ok(Kept::Queued));
            seat.until("well again", |known| known.trouble.is_none());
            gate.shut(false);
        } else {
            gate.shut(false);
            for answer in [answer, behind] {
                let kept = seat.answered("kept", answer);
                assert!(matches!(kept, Ok(Kept::Settled(Outcome::Done { .. }))));
            }
            image.refuses(false);
            all.push(done(&other));
        }
        for seat in [&seat, &other] {
            seat.until("everything", |known| {
                known.rows.len() == all.len() && known.link == Some(Link::There)
            });
        }
        seat.until("well again", |known| known.trouble.is_none());
    }
    assert_eq!(seat.log(), all);
    verified(&seat);
}
