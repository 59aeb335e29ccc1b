//! Bad days of a machine alone.

use std::collections::BTreeMap;
use std::fs;

use qyran::model::act::Key;
use qyran::model::id::Id;
use qyran::store::database::{Kept, Options, Row, StoreError};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::harness::{Place, Seat, file_of, new_key, put, signed, verify};

/// What happens to the bytes of a store's file.
type Harm = fn(&mut Vec<u8>);

#[test]
fn files_that_are_no_store_of_ours_are_told_and_left_alone() {
    let place = Place::alone();
    let seat = place.seat().settled();
    seat.must(&seat.act("made", vec![put(&new_key(), 0, "{}")]));
    let options = seat.close();
    let path = file_of(&options);
    let good = fs::read(&path).expect("the file");
    let harm: [(&str, Harm); 5] = [
        ("damaged", |bytes| bytes.truncate(5000)),
        ("damaged", |bytes| bytes[..16].fill(0)),
        ("damaged", |bytes| {
            *bytes = b"no database at all, but long enough to be one".repeat(90);
        }),
        ("newer", |bytes| {
            bytes[60..64].copy_from_slice(&99_u32.to_be_bytes());
        }),
        ("no store of this program", |bytes| bytes[68..72].fill(7)),
    ];
    for (word, harm) in harm {
        let mut bytes = good.clone();
        harm(&mut bytes);
        fs::write(&path, &bytes).expect("written");
        let opened = Seat::try_open(options.clone());
        let said = match opened {
            Err(error) => error.to_string(),
            Ok(seat) => {
                seat.until("told", |known| known.trouble.is_some() || known.ready);
                let act = seat.act("made", Vec::new());
                seat.submit(&act).expect_err("it is damaged").to_string()
            }
        };
        assert!(said.contains(word), "{word}: {said}");
        if word != "damaged" {
            assert_eq!(fs::read(&path).expect("the file"), bytes, "{word}");
        }
    }
    fs::write(&path, good).expect("written");
    Seat::open(options).settled();
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let place = Place::alone();
    let mut options = place.options("seat");
    let file = place.folder.path().join("file");
    fs::write(&file, "").expect("written");
    options.folder = file.join("folder");
    let told = Seat::try_open(options).map(drop);
    assert!(
        matches!(told, Err(StoreError::NotWritable { .. })),
        "{told:?}"
    );
}

/// Harms some bytes of a file, at the places that the harm of a bad disk falls on: whole sectors.
fn tear(path: &std::path::Path, rng: &mut SmallRng) {
    let mut bytes = fs::read(path).expect("the file");
    let sectors = bytes.len() / 512;
    for _ in 0..rng.random_range(1..4) {
        let from = rng.random_range(0..sectors) * 512;
        let to = (from + 512 * rng.random_range(1..8)).min(bytes.len());
        if rng.random_bool(0.5) {
            bytes[from..to].fill(0);
        } else {
            rng.fill(&mut bytes[from..to]);
        }
    }
    if rng.random_bool(0.2) {
        bytes.truncate(rng.random_range(0..sectors) * 512);
    }
    fs::write(path, bytes).expect("written");
}

/// A store that was harmed says so when it is opened, when it is used, when it is looked at or when
/// its log is checked; or nothing of what it keeps has changed. It never shows anything false.
#[test]
fn a_torn_file_is_told_or_harmless() {
    let mut rng = SmallRng::seed_from_u64(7);
    let place = Place::alone();
    let seat = Seat::open(signed(place.options("seat"))).settled();
    for n in 0..120 {
        let body = format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(200));
        seat.must(&seat.act("made", vec![put(&new_key(), 0, &body)]));
    }
    seat.until("all told", |known| known.rows.len() == 120);
    // What lies in the log of the file itself, as after a power cut.
    let wal = file_of(&seat.options).with_extension("db-wal");
    let (file, ahead) = (
        fs::read(file_of(&seat.options)).expect("the file"),
        fs::read(&wal).expect("its log"),
    );
    let good = (seat.log(), seat.with(|known| known.rows.clone()));
    let options = seat.close();
    let closed = fs::read(file_of(&options)).expect("the file");
    let (mut told, mut harmless) = (0, 0);
    for round in 0..60 {
        let torn_log = round % 3 == 0;
        fs::remove_file(file_of(&options).with_extension("db-shm")).ok(); // it may not be there
        fs::remove_file(&wal).ok(); // it may not be there
        if torn_log {
            fs::write(file_of(&options), &file).expect("written");
            fs::write(&wal, &ahead).expect("written");
            tear(&wal, &mut rng);
        } else {
            fs::write(file_of(&options), &closed).expect("written");
            tear(&file_of(&options), &mut rng);
        }
        match says(&options) {
            Err(why) => {
                assert!(!why.is_empty());
                told += 1;
            }
            Ok((log, rows)) => {
                // A torn end of the file's own log is as if the power had gone a moment before.
                if torn_log {
                    assert!(good.0.starts_with(&log), "round {round}");
                    assert!(rows.iter().all(|(key, row)| good.1.get(key) == Some(row)));
                } else {
                    assert_eq!(log, good.0, "round {round}");
                    assert_eq!(rows, good.1, "round {round}");
                }
                harmless += 1;
            }
        }
    }
    assert!(told > 20, "{told} told, {harmless} harmless");
}

/// What a store says and keeps, as far as it lets itself be read.
fn says(options: &Options) -> Result<(Vec<Id>, BTreeMap<Key, Row>), String> {
    let seat = Seat::try_open(options.clone()).map_err(|error| error.to_string())?;
    seat.until("told", |known| known.trouble.is_some() || known.ready);
    if let Some(trouble) = seat.with(|known| known.trouble.clone()) {
        return Err(trouble.to_string());
    }
    let said = |error: StoreError| error.to_string();
    let found = seat.store().check().expect("asked").wait().map_err(said)?;
    if !found.is_empty() {
        return Err(found.join("; "));
    }
    seat.store()
        .lines(0, 1 << 20)
        .expect("asked")
        .wait()
        .map_err(said)?;
    seat.store().head().expect("asked").wait().map_err(said)?;
    seat.store()
        .checkpoints()
        .expect("asked")
        .wait()
        .map_err(said)?;
    let report = verify(&seat);
    if !report.clean() {
        return Err(format!("{report:?}"));
    }
    Ok((seat.log(), seat.with(|known| known.rows.clone())))
}

/// The mirror of a seat is damaged while acts wait in it: the centre has the records, and what can
/// still be read of what waits is not lost.
#[test]
fn a_seat_whose_mirror_is_torn_makes_it_anew() {
    for is_saved in [false, true] {
        let place = Place::in_a_centre();
        let seat = place.seat().settled();
        let before = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        seat.must(&before);
        seat.until("mirrored", |known| known.rows.len() == 1);
        let mut options = seat.close();
        let there = options.centre.take();
        let nowhere = Place::at("postgres://postgres@127.0.0.1:9/nowhere");
        options.centre.clone_from(&nowhere.centre);
        let seat = Seat::open(options);
        let waits = seat.act("made", vec![put(&new_key(), 0, "{}")]);
        assert_eq!(seat.submit(&waits), Ok(Kept::Queued));
        let mut options = seat.close();
        options.centre = there;
        let path = options.mirror_file();
        let torn = if is_saved {
            // Where the records are found by.
            let file = rusqlite::Connection::open(&path).expect("the file");
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'record_by_seq'";
            let page: usize = file.query_row(sql, [], |row| row.get(0)).expect("a page");
            (page - 1) * 4096..page * 4096
        } else {
            0..100
        };
        let mut bytes = fs::read(&path).expect("the file");
        bytes[torn].fill(255);
        fs::write(&path, bytes).expect("written");
        let seat = Seat::open(options).settled();
        seat.until("all of it", |known| {
            known.rows.contains_key(&before.changes[0].key) && known.trouble.is_none()
        });
        assert!(seat.with(|known| known.troubles) > 0, "it is told");
        let expect = if is_saved {
            vec![before.id, waits.id]
        } else {
            vec![before.id]
        };
        assert_eq!(seat.log(), expect);
        let aside = fs::read_dir(&seat.options.folder)
            .expect("the folder")
            .flatten();
        let mut names = aside.map(|entry| entry.file_name().to_string_lossy().into_owned());
        assert!(names.any(|name| name.contains("damaged")));
        // Made anew it is as good as before.
        let mut options = seat.close();
        options.centre = nowhere.centre;
        let seat = Seat::open(options);
        seat.until("all of it", |known| {
            known.ready && known.rows.len() == expect.len()
        });
    }
}
