//! `qyran store`: copies that come back exactly, on either engine; harm that is found; a centre that is
//! made ready.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser as _;
use qyran::base::clock;
use qyran::bench::postgres::Server;
use qyran::keeping;
use qyran::model::act::{Change, Key};
use qyran::model::camera::Password;
use qyran::model::seat_key::SeatKey;
use qyran::store::database::keep::{Item, View};
use qyran::store::database::{
    Address, Kept, LOST, Link, Options, Outcome, Seal, StoreError, Task, new_id,
};
use qyran::store::log::signer::Signer;
use qyran::store::log::tree::Hash;
use qyran::store::login;
use qyran::store::settings::Settings;
use tempfile::TempDir;

use crate::harness::{Place, Seat, new_database, new_key, open_to_all, put, server};

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    args: keeping::Args,
}

/// A store for which the command is run.
struct Here {
    place: Place,
    url: Option<String>,
    /// The settings folder of the command; nothing lies in it.
    config: TempDir,
}

/// What the command said, and whether nothing was wrong; or why it could not be done.
type Said = Result<(bool, Vec<String>), String>;

impl Here {
    fn both() -> [Self; 2] {
        [Self::alone(), Self::in_a_centre()]
    }

    fn alone() -> Self {
        Self::new(Place::alone(), None)
    }

    fn in_a_centre() -> Self {
        Self::at(server().url("postgres", &new_database()))
    }

    fn at(url: String) -> Self {
        Self::new(Place::at(&url), Some(url))
    }

    fn new(place: Place, url: Option<String>) -> Self {
        Self {
            place,
            url,
            config: tempfile::tempdir().expect("a folder"),
        }
    }

    fn run(&self, words: &[&str]) -> Said {
        let mut line = vec!["store"];
        line.extend(words);
        let data = self.place.folder.path().to_string_lossy().into_owned();
        let config = self.config.path().to_string_lossy().into_owned();
        line.extend(["--lang", "en", "--data", &data, "--config", &config]);
        if let Some(url) = &self.url {
            line.extend(["--store", url]);
        }
        let cli = Cli::try_parse_from(&line).expect("a command line");
        let mut said = Vec::new();
        keeping::run_and_say(&cli.args, &mut |text| said.push(text.to_owned()))
            .map(|good| (good, said))
            .map_err(|error| format!("{error:#}"))
    }

    /// Runs it; it must say that nothing is wrong.
    fn well(&self, words: &[&str]) -> Vec<String> {
        match self.run(words) {
            Ok((true, said)) => said,
            other => panic!("{}: {words:?}: {other:#?}", self.place.name),
        }
    }

    /// All that is kept, in its order.
    fn items(&self) -> Vec<Item> {
        let view = match &self.place.centre {
            Some(address) => View::of_centre(address),
            None => View::of_file(&self.place.folder.path().join("store.db")),
        };
        let mut items = Vec::new();
        let view = view.expect("a store");
        view.walk(|item| {
            items.push(item);
            Ok::<_, StoreError>(())
        })
        .expect("read");
        items
    }

    fn sql(&self, sqlite: &str, postgres: &str) {
        if let Some(url) = &self.url {
            let database = url.rsplit('/').next().expect("a name");
            server().sql(database, postgres).expect("done");
        } else {
            let file = self.place.folder.path().join("store.db");
            let connection = rusqlite::Connection::open(file).expect("a file");
            connection.execute_batch(sqlite).expect("done");
        }
    }

    /// A seat that signs the log.
    fn seat(&self, name: &str) -> Seat {
        let options = signing(self.place.options(name), self.config.path());
        Seat::open(options).settled()
    }

    /// A store in which `acts` acts were done, of all kinds.
    fn filled(&self, acts: u32) -> Seat {
        let seat = self.seat("filler");
        register(&seat, self.config.path());
        let mut keys: Vec<(Key, u32)> = Vec::new();
        for n in 0..acts {
            let body = format!(r#"{{"n":{n},"text":"Қайрат \"{n}\"\n🙂"}}"#);
            let changes = match n % 5 {
                0 | 1 => {
                    let key = new_key();
                    keys.push((key.clone(), 1));
                    let other = Key::new("Other Thing", new_id());
                    vec![put(&key, 0, &body), put(&other, 0, "{}")]
                }
                2 => {
                    let (key, version) = &mut keys[n as usize / 5];
                    *version += 1;
                    vec![put(key, *version - 1, &body)]
                }
                3 => match keys.pop() {
                    Some((key, version)) => vec![Change {
                        key,
                        expect: version,
                        body: None,
                    }],
                    None => Vec::new(),
                },
                _ => Vec::new(),
            };
            let mut act = seat.act("filled", changes);
            act.about = (n % 2 == 0).then(|| format!("about {n}"));
            act.author = (n % 3 == 0).then(new_id);
            act.detail.insert("n".to_owned(), n.into());
            seat.must(&act);
        }
        let task = Task {
            id: new_id(),
            kind: "send".to_owned(),
            centre: "north".to_owned(),
            due: clock::wall_now(),
            tries: 0,
            body: "{}".to_owned(),
        };
        let offered = seat.store().offer(vec![task]).expect("taken");
        offered.wait().expect("offered");
        seat
    }
}

fn signing(mut options: Options, keys: &Path) -> Options {
    let signer = Signer::open_or_make(&keys.join(&options.seat), &options.seat).expect("a key");
    options.seal = Arc::new(Seal::new(signer, None));
    options
}

/// What a wall does first: others must know the key that it signs with.
fn register(seat: &Seat, keys: &Path) {
    let name = &seat.options.seat;
    let signer = Signer::open_or_make(&keys.join(name), name).expect("a key");
    let body = serde_json::to_string(&SeatKey {
        seat: name.clone(),
        key: signer.key().to_string(),
    });
    let change = put(&Key::new("seat-key", new_id()), 0, &body.expect("JSON"));
    seat.must(&seat.act("seat-key-registered", vec![change]));
}

fn is_login(item: &Item) -> bool {
    matches!(item, Item::Login(_))
}

#[test]
fn what_was_copied_comes_back_on_either_engine() {
    for from in Here::both() {
        let seat = from.filled(300);
        let copies = tempfile::tempdir().expect("a folder");
        let path = |name: &str| copies.path().join(name).to_string_lossy().into_owned();
        let (backup, export) = (path("copy.qyran"), path("copy"));
        from.well(&["check"]);
        from.well(&["backup", &backup]);
        from.well(&["export", &export]);
        let items = from.items();
        let size = seat.log().len() as u64;
        assert!(size > 300);
        for (bring, copy) in [("restore", &backup), ("import", &export)] {
            for to in Here::both() {
                let what = format!("{} {bring} {}", from.place.name, to.place.name);
                to.well(&[bring, copy]);
                let mut back = to.items();
                back.retain(|item| !is_login(item));
                assert!(back == items, "{what}: not the same");
                to.well(&["check"]);
                // It goes on from there, and the store is the same one.
                let options = signing(to.place.options("filler"), from.config.path());
                let again = Seat::open(options).settled();
                assert_eq!(again.must(&again.act("more", Vec::new())), size, "{what}");
                let identity = |seat: &Seat| seat.store().identity().expect("asked").wait();
                assert_eq!(identity(&again), identity(&seat), "{what}");
                again.close();
                to.well(&["check"]);
            }
        }
        // Nothing is written over.
        let there = fs::read(&backup).expect("the copy");
        for (make, copy) in [("backup", &backup), ("export", &export)] {
            let error = from.run(&[make, copy]).expect_err("refused");
            assert!(error.contains("there already"), "{error}");
        }
        assert!(fs::read(&backup).expect("the copy") == there);
    }
}

#[test]
fn a_copy_of_a_store_in_use_is_of_one_moment() {
    for from in Here::both() {
        let seat = from.filled(20);
        let view = match &from.place.centre {
            Some(address) => View::of_centre(address),
            None => View::of_file(&from.place.folder.path().join("store.db")),
        };
        let view = view.expect("a store");
        let before = from.items();
        // Whatever is read, somebody has just done something.
        let key = new_key();
        let mut version = 0;
        let mut items = Vec::new();
        view.walk(|item| {
            items.push(item);
            if items.len().is_multiple_of(10) {
                let change = put(&key, version, &format!(r#"{{"version":{version}}}"#));
                seat.must(&seat.act("changed", vec![change]));
                version += 1;
            }
            Ok::<_, StoreError>(())
        })
        .expect("read");
        assert!(
            version > 3,
            "{}: something was done meanwhile",
            from.place.name
        );
        assert!(
            items == before,
            "{}: of more than one moment",
            from.place.name
        );
        drop(view);
        let copies = tempfile::tempdir().expect("a folder");
        let copy = copies.path().join("copy").to_string_lossy().into_owned();
        from.well(&["backup", &copy]);
        Here::alone().well(&["restore", &copy]);
        seat.must(&seat.act("noted", Vec::new()));
    }
}

#[test]
fn a_harmed_copy_is_refused_and_nothing_stays() {
    let from = Here::alone();
    drop(from.filled(60));
    let copies = tempfile::tempdir().expect("a folder");
    let copy = copies.path().join("copy");
    from.well(&["backup", &copy.to_string_lossy()]);
    let whole = fs::read(&copy).expect("the copy");
    let export = copies.path().join("export");
    from.well(&["export", &export.to_string_lossy()]);

    let refused = |bytes: &[u8], what: &str| -> String {
        let harmed = copies.path().join("harmed");
        fs::write(&harmed, bytes).expect("written");
        let to = Here::alone();
        let said = to.run(&["restore", &harmed.to_string_lossy()]);
        let left = fs::read_dir(to.place.folder.path())
            .expect("a folder")
            .count();
        assert_eq!(left, 0, "{what}: something stays");
        said.expect_err(what)
    };
    // Bytes of every region: beginning, end, and in between.
    let mut places: Vec<usize> = (0..whole.len()).step_by(whole.len() / 60 + 1).collect();
    places.extend([1, 12, whole.len() - 2, whole.len() - 40, whole.len() - 100]);
    for at in places {
        let mut harmed = whole.clone();
        harmed[at] ^= 0x01;
        let error = refused(&harmed, &format!("byte {at}"));
        assert!(!error.is_empty());
    }
    for length in [
        0,
        1,
        100,
        whole.len() / 2,
        whole.len() - 200,
        whole.len() - 1,
    ] {
        refused(&whole[..length], &format!("{length} bytes"));
    }
    let text = String::from_utf8(whole.clone()).expect("text");
    // As docs/ref/backup.md has it.
    assert!(text.starts_with("{\"qyran\":\"store\",\"format\":1,\"store\":\""));
    let (before, last) = text.trim_end().rsplit_once('\n').expect("lines");
    let sum = Hash::of(format!("{before}\n").as_bytes());
    assert!(last.ends_with(&format!("\"sum\":\"{sum}\"}}")), "{last}");
    let lines: Vec<&str> = text.lines().collect();
    let without = |left_out: usize| {
        let mut kept = lines.clone();
        kept.remove(left_out);
        kept.join("\n") + "\n"
    };
    let middle = lines.len() / 2;
    assert!(refused(without(middle).as_bytes(), "a line less").contains("damaged"));
    let short = refused(without(lines.len() - 1).as_bytes(), "no end");
    let place = format!("behind line {}", lines.len() - 1);
    assert!(short.contains(&place), "{short}");
    let long = refused(format!("{text}{{}}\n").as_bytes(), "a line more");
    assert!(long.contains("goes on"), "{long}");
    let newer = text.replacen("\"format\":1", "\"format\":2", 1);
    assert!(refused(newer.as_bytes(), "newer").contains("newer program"));
    for other in ["", "hello\n", "{\"a\":1}\n", "\u{0}\u{1}\n"] {
        let said = refused(other.as_bytes(), "another file");
        assert!(said.contains("no backup"), "{other:?}: {said}");
    }

    // An export: a byte of each of its files, one less, one more.
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [export.clone(), export.join("records")] {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            if entry.path().is_file() {
                files.push(entry.path());
            }
        }
    }
    assert!(files.len() >= 9, "{files:?}");
    let refused = |what: &str| {
        let to = Here::alone();
        let said = to.run(&["import", &export.to_string_lossy()]);
        let left = fs::read_dir(to.place.folder.path())
            .expect("a folder")
            .count();
        assert_eq!(left, 0, "{what}: something stays");
        assert!(said.is_err(), "{what}: {said:?}");
    };
    for file in &files {
        let bytes = fs::read(file).expect("a file");
        if !bytes.is_empty() {
            let mut harmed = bytes.clone();
            harmed[bytes.len() / 2] ^= 0x01;
            fs::write(file, harmed).expect("written");
            refused(&format!("{}", file.display()));
        }
        fs::remove_file(file).expect("removed");
        refused(&format!("without {}", file.display()));
        fs::write(file, bytes).expect("written");
    }
    fs::write(export.join("records/more.jsonl"), "").expect("written");
    refused("one more");
    fs::remove_file(export.join("records/more.jsonl")).expect("removed");
    Here::alone().well(&["import", &export.to_string_lossy()]);
}

#[test]
fn a_store_that_holds_something_is_not_written_over() {
    let from = Here::alone();
    drop(from.filled(10));
    let copies = tempfile::tempdir().expect("a folder");
    let copy = copies.path().join("copy").to_string_lossy().into_owned();
    from.well(&["backup", &copy]);
    for to in Here::both() {
        let seat = to.filled(3);
        let before = to.items();
        let error = to.run(&["restore", &copy]).expect_err("refused");
        assert!(error.contains("kept there already"), "{error}");
        seat.must(&seat.act("more", Vec::new()));
        drop(seat);
        assert_eq!(to.items().len(), before.len() + 1, "{}", to.place.name);
        to.well(&["check"]);
    }
    // A seat that is connected to an empty store would go on under the wrong identity.
    let to = Here::in_a_centre();
    let seat = to.place.seat().settled();
    let error = to.run(&["restore", &copy]).expect_err("refused");
    assert!(error.contains("other connections"), "{error}");
    let options = seat.close();
    to.well(&["restore", &copy]);
    // It had seen nothing there, so it takes what is there now.
    let seat = Seat::open(options).settled();
    seat.must(&seat.act("more", Vec::new()));
}

#[test]
fn what_was_changed_past_the_log_is_found() {
    for here in Here::both() {
        let seat = here.seat("filler");
        register(&seat, here.config.path());
        let keys = [new_key(), new_key(), new_key(), new_key()];
        for key in &keys {
            seat.must(&seat.act("made", vec![put(key, 0, r#"{"a":1}"#)]));
        }
        drop(seat);
        here.well(&["check"]);
        let [changed, aged, removed, owned] = &keys;
        let extra = new_id();
        let table = |name: &str| {
            format!(
                "UPDATE {name}record SET body = '{{}}' WHERE id = '{}';
                 UPDATE {name}record SET version = 7 WHERE id = '{}';
                 DELETE FROM {name}record WHERE id = '{}';
                 UPDATE {name}record SET centre = 'south' WHERE id = '{}';
                 INSERT INTO {name}record (kind, id, version, seq, centre, at, body)
                 VALUES ('thing', '{extra}', 1, 2, 'north', 0, '{{}}');",
                changed.id, aged.id, removed.id, owned.id
            )
        };
        let sqlite = format!(
            "{} DROP TRIGGER log_is_not_changed; UPDATE log SET seat = 'another' WHERE n = 3;",
            table("")
        );
        let postgres = format!(
            "SET session_replication_role = replica; {}
             UPDATE qyran.log SET seat = 'another' WHERE n = 3;",
            table("qyran.")
        );
        here.sql(&sqlite, &postgres);
        let (good, said) = here.run(&["check"]).expect("checked");
        assert!(!good);
        let findings: Vec<&String> = said.iter().filter(|line| line.starts_with('-')).collect();
        let told = |what: String| {
            assert!(
                findings.iter().any(|line| line.contains(&what)),
                "{}: {what}: {said:#?}",
                here.place.name
            );
        };
        told(format!(
            "{} (version 1) is not what line 1 of the log says",
            changed.id
        ));
        told(format!(
            "{} has version 7, line 2 of the log says 1",
            aged.id
        ));
        told(format!("{} is gone; line 3 of the log", removed.id));
        told(format!("{} (version 1) is not what line 4", owned.id));
        told(format!("{extra} (version 1) is not in the log"));
        told("Line 3 of the log: its columns in the database do not match".to_owned());
        assert_eq!(findings.len(), 6, "{said:#?}");

        // A copy of it can be made, says so, and comes back only when that is asked for.
        let copies = tempfile::tempdir().expect("a folder");
        let copy = copies.path().join("copy").to_string_lossy().into_owned();
        let (good, said) = here.run(&["backup", &copy]).expect("copied");
        assert!(
            !good && said.iter().any(|line| line.contains("damaged")),
            "{said:#?}"
        );
        for to in Here::both() {
            let (good, said) = to.run(&["restore", &copy]).expect("read");
            assert!(
                !good && said[0].contains("Nothing was written"),
                "{said:#?}"
            );
            let (good, _said) = to.run(&["restore", &copy, "--as-it-is"]).expect("restored");
            assert!(!good);
            assert!(to.items() == here.items(), "{}", to.place.name);
            let (good, again) = to.run(&["check"]).expect("checked");
            let again = again.iter().filter(|line| line.starts_with('-')).count();
            assert!(!good && again == 6, "{}", to.place.name);
        }
    }
}

#[test]
fn a_check_changes_nothing_and_says_what_is_no_store() {
    let here = Here::alone();
    let file = here.place.folder.path().join("store.db");
    let (good, said) = here.run(&["check"]).expect("checked");
    assert!(!good && said[0].contains("there is no store"), "{said:?}");
    assert!(!file.exists());
    drop(here.filled(30));
    let before = fs::read(&file).expect("the file");
    here.well(&["check"]);
    assert!(fs::read(&file).expect("the file") == before);
    // Damage in the middle of the file, a newer file, another program's.
    let said_of = |bytes: &[u8]| {
        let other = Here::alone();
        fs::write(other.place.folder.path().join("store.db"), bytes).expect("written");
        let (good, said) = other.run(&["check"]).expect("checked");
        assert!(!good);
        said.join("\n")
    };
    let mut harmed = before.clone();
    let middle = harmed.len() / 2 / 4096 * 4096;
    harmed[middle..middle + 4096].fill(0xa5);
    assert!(said_of(&harmed).contains("damaged"));
    let mut newer = before.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes()); // where SQLite keeps `user_version`
    assert!(
        said_of(&newer).contains("newer program"),
        "{}",
        said_of(&newer)
    );
    let mut foreign = before;
    foreign[68..72].copy_from_slice(&7_u32.to_be_bytes()); // and `application_id`
    assert!(said_of(&foreign).contains("no store of this program"));
    assert!(said_of(b"text").contains("damaged"), "{}", said_of(b"text"));
}

#[test]
fn seats_of_a_restored_centre_go_on_and_tell_what_is_lost() {
    let old = Here::in_a_centre();
    let (first, second) = (old.seat("first"), old.seat("second"));
    for seat in [&first, &second] {
        register(seat, old.config.path());
    }
    let (kept, changed, late) = (new_key(), new_key(), new_key());
    first.must(&first.act(
        "made",
        vec![put(&kept, 0, "{}"), put(&changed, 0, r#"{"v":1}"#)],
    ));
    second.until("both", |known| known.version(&changed) == 1);
    let second = second.close();
    let copies = tempfile::tempdir().expect("a folder");
    let copy = copies.path().join("copy").to_string_lossy().into_owned();
    old.well(&["backup", &copy]);
    // What comes after the copy is lost with the server, and one act never reached it.
    first.must(&first.act("changed", vec![put(&changed, 1, r#"{"v":2}"#)]));
    first.must(&first.act("made", vec![put(&late, 0, r#"{"late":1}"#)]));
    first.until("its own", |known| known.version(&late) == 1);
    let first = first.close();
    let away = Address::parse("postgres://postgres@127.0.0.1:1/x", None).expect("an address");
    let waiting = new_key();
    let apart = Seat::open(Options {
        centre: Some(away),
        ..signing(first.clone(), old.config.path())
    });
    let act = apart.act("made", vec![put(&waiting, 0, "{}")]);
    assert_eq!(apart.submit(&act), Ok(Kept::Queued));
    apart.close();

    let new = Here::in_a_centre();
    new.well(&["restore", &copy]);
    let at_new = |options: &Options| Options {
        centre: new.place.centre.clone(),
        ..signing(options.clone(), old.config.path())
    };
    let first = Seat::open(at_new(&first)).settled();
    first.until("what is lost", |known| known.conflicts.len() == 2);
    first.with(|known| {
        let lost: Vec<(&Key, Option<&str>)> = known
            .conflicts
            .iter()
            .map(|conflict| {
                assert_eq!(conflict.act.kind, LOST);
                let change = &conflict.act.changes[0];
                (&change.key, change.body.as_deref())
            })
            .collect();
        // As it knew them, in the order of the log.
        let expect = [
            (&changed, Some(r#"{"v":2}"#)),
            (&late, Some(r#"{"late":1}"#)),
        ];
        assert_eq!(lost, expect);
        // What it shows is what the centre has.
        assert_eq!(known.body(&changed), Some(r#"{"v":1}"#));
        assert_eq!((known.version(&kept), known.version(&late)), (1, 0));
        assert_eq!(known.version(&waiting), 1);
    });
    // Somebody does it again.
    first.must(&first.act("changed", vec![put(&changed, 1, r#"{"v":2}"#)]));
    let second = Seat::open(at_new(&second)).settled();
    second.until("all", |known| {
        known.version(&waiting) == 1 && known.version(&changed) == 2
    });
    second.with(|known| assert_eq!(known.conflicts.len(), 0, "it had seen no more"));
    // What was told stays until it is settled, and the restoring is told once.
    let first = Seat::open(first.close()).settled();
    first.until("told again", |known| known.conflicts.len() == 2);
    let acts: Vec<_> = first.with(|known| known.conflicts.iter().map(|it| it.act.id).collect());
    for act in acts {
        first.store().settle(act).expect("taken");
    }
    first.until("settled", |known| known.conflicts.is_empty());
    drop((first, second));
    new.well(&["check"]);
}

#[test]
fn a_seat_s_own_file_is_looked_at_too() {
    let here = Here::in_a_centre();
    let mut options = here.place.options("first");
    options.folder = here.place.folder.path().to_owned();
    let seat = Seat::open(signing(options.clone(), here.config.path())).settled();
    register(&seat, here.config.path());
    let options = seat.close();
    here.well(&["check"]);
    let away = Address::parse("postgres://postgres@127.0.0.1:1/x", None).expect("an address");
    let seat = Seat::open(Options {
        centre: Some(away),
        ..options
    });
    assert_eq!(
        seat.submit(&seat.act("noted", Vec::new())),
        Ok(Kept::Queued)
    );
    drop(seat);
    let (good, said) = here.run(&["check"]).expect("checked");
    let told = "- Actions that the centre does not have yet: 1, in";
    assert!(
        !good && said.iter().any(|line| line.starts_with(told)),
        "{said:#?}"
    );
    let copy = here.place.folder.path().join("copy");
    let said = here.well(&["backup", &copy.to_string_lossy()]);
    assert!(said.iter().any(|line| line.starts_with(told)), "{said:#?}");
}

/// A file of fifteen seats.
fn fifteen(server: &Server, database: &str) -> String {
    let mut text = format!(
        "[centre]\nname = \"north\"\nstore = \"postgres://127.0.0.1:{}/{database}\"\n\
         cameras = \"cameras.csv\"\nlanguage = \"ru\"\n",
        server.port()
    );
    for n in 1..=15 {
        text.push_str(&format!(
            "\n[[seat]]\nname = \"Пульт {n}\"\nlogin = \"{database}_{n}\"\ntiles_per_page = {n}\n"
        ));
    }
    text
}

#[test]
fn fifteen_seats_of_one_file_open_the_store_with_their_passwords() {
    // A server that asks everybody but its owner for a password.
    let folder = tempfile::tempdir().expect("a folder");
    open_to_all(folder.path());
    let server = Server::start(&folder.path().join("pg"), false).expect("PostgreSQL");
    let rules = "host all postgres,qyran_owner 127.0.0.1/32 trust\n\
                 host all all 127.0.0.1/32 scram-sha-256\nlocal all all trust\n";
    fs::write(server.folder().join("data/pg_hba.conf"), rules).expect("written");
    for sql in [
        "SELECT pg_reload_conf()",
        "CREATE ROLE qyran_owner LOGIN CREATEROLE",
        "CREATE DATABASE centre OWNER qyran_owner",
    ] {
        server.sql("postgres", sql).expect("done");
    }
    let here = Here::at(server.url("qyran_owner", "centre"));

    let files = tempfile::tempdir().expect("a folder");
    let (list, out) = (files.path().join("seats.toml"), files.path().join("seats"));
    let list_name = list.to_string_lossy().into_owned();
    let cameras = "id,name,url\nc1,One,rtsp://10.0.0.1/sub\n";
    fs::write(files.path().join("cameras.csv"), cameras).expect("written");
    // A fault is told with line and field, and nothing is made.
    let text = fifteen(&server, "centre");
    fs::write(
        &list,
        text.replacen("tiles_per_page = 3", "tiles_per_page = 0", 1),
    )
    .expect("written");
    let (good, said) = here.run(&["prepare", "--seats", &list_name]).expect("read");
    assert!(
        !good && said[0].contains("line 20, tiles_per_page"),
        "{said:?}"
    );
    assert!(!out.exists());

    fs::write(&list, &text).expect("written");
    let said = here.well(&["prepare", "--seats", &list_name]);
    assert!(
        said.last().expect("a line").starts_with("Seats made: 15"),
        "{said:#?}"
    );
    let all = |folder: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        for seat in fs::read_dir(folder).expect("seats").flatten() {
            for file in fs::read_dir(seat.path()).expect("a seat").flatten() {
                found.push((file.path(), fs::read(file.path()).expect("a file")));
            }
        }
        found.sort();
        found
    };
    let before = all(&out);
    assert_eq!(before.len(), 15 * 3);
    let secrets = "SELECT string_agg(rolname || rolpassword, ' ' ORDER BY rolname) FROM pg_authid";
    let known = server.sql("centre", secrets).expect("asked");
    assert_eq!(known.matches("SCRAM-SHA-256$").count(), 15);
    // Again: nothing is changed.
    let said = here.well(&["prepare", "--seats", &list_name]);
    assert!(
        said.last()
            .expect("a line")
            .contains("made: 0, as they were: 15"),
        "{said:#?}"
    );
    assert_eq!(all(&out), before);
    assert_eq!(server.sql("centre", secrets).expect("asked"), known);

    let mut seats = Vec::new();
    for n in 1..=15 {
        let config = out.join(format!("seat-{n:02}"));
        let (settings, warnings) = Settings::read(&config.join("settings.toml"));
        assert_eq!(warnings, []);
        assert_eq!(settings.tiles_per_page, n);
        assert!(
            config
                .join(settings.cameras.expect("a camera file"))
                .exists()
        );
        let file = config.join(login::FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&file).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let password = login::read(&file).expect("read").expect("a password");
        let store = settings.store.expect("an address");
        let open = |password: &Password| {
            Seat::open(Options {
                folder: config.join("data"),
                centre: Some(Address::parse(&store, Some(password)).expect("an address")),
                seat: settings.seat.clone().expect("a name"),
                centre_name: settings.centre.clone(),
                seal: Arc::new(Seal::none()),
            })
        };
        if n == 1 {
            let wrong = Password::new("wrong");
            open(&wrong).until("refused", |known| {
                matches!(
                    &known.link,
                    Some(Link::Away {
                        why: StoreError::Refused { .. },
                        ..
                    })
                )
            });
        }
        let seat = open(&password).settled();
        let kept = seat.submit(&seat.act("noted", vec![put(&new_key(), 0, "{}")]));
        assert!(
            matches!(kept, Ok(Kept::Settled(Outcome::Done { .. }))),
            "{n}: {kept:?}"
        );
        seats.push(seat);
    }
    for seat in &seats {
        seat.until("all of the centre", |known| known.rows.len() == 15);
    }
    drop(seats);
    // A login whose password nobody has is left alone and told; one that is missing is made again.
    fs::remove_file(out.join("seat-02").join(login::FILE)).expect("removed");
    server
        .sql("centre", "DROP OWNED BY centre_3; DROP ROLE centre_3")
        .expect("dropped");
    let (good, said) = here.run(&["prepare", "--seats", &list_name]).expect("made");
    assert!(
        !good
            && said
                .iter()
                .any(|line| line.contains("Пульт 2: the login centre_2 is there")),
        "{said:#?}"
    );
    assert!(
        said.last()
            .expect("a line")
            .contains("made: 1, as they were: 13"),
        "{said:#?}"
    );
    let login = Address::parse(
        &format!("postgres://centre_3@127.0.0.1:{}/centre", server.port()),
        login::read(&out.join("seat-03").join(login::FILE))
            .expect("read")
            .as_ref(),
    );
    // It is let in, and sees that it may not see everything.
    let refused = View::of_centre(&login.expect("an address")).err();
    assert!(
        matches!(refused, Some(StoreError::Refused { .. })),
        "{refused:?}"
    );
}
