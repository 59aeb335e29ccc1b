//! The story of an hour at two seats, and copies of it for somebody who has the database itself.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::sync::Arc;

use qyran::model::act::{Act, Draft, Key};
use qyran::model::id::Id;
use qyran::model::person::Credential;
use qyran::model::roles::Role;
use qyran::model::seat_key::SeatKey;
use qyran::model::shift::acts;
use qyran::model::sign_in;
use qyran::model::staff::{NewPerson, Staff, found};
use qyran::store::database::{Options, Seal, new_id};
use qyran::store::log::checkpoint::origin;
use qyran::store::log::signer::Signer;
use qyran::store::log::tree::{Frontier, leaf_hash};
use tempfile::TempDir;

use crate::harness::{Place, Seat, file_of, new_database, put, server};

/// Lines of the story: with checkpoints of 256, 512 and all of them.
pub(crate) const LINES: u64 = 700;

/// A story that was written, and where.
pub(crate) struct Story {
    pub(crate) place: Place,
    /// The database, in a centre.
    database: Option<String>,
    /// The second place.
    witness: TempDir,
    pub(crate) options: Options,
}

/// Two seats live through an hour.
pub(crate) fn tell(place: Place, database: Option<String>) -> Story {
    let witness = tempfile::tempdir().expect("a folder");
    let open = |name: &str| {
        let mut options = place.options(name);
        fs::create_dir_all(&options.folder).expect("a folder");
        let signer = key_of(&options);
        let key = SeatKey {
            seat: name.to_owned(),
            key: signer.key().to_string(),
        };
        options.seal = Arc::new(Seal::new(signer, Some(witness.path().to_owned())));
        let seat = Seat::open(options).settled();
        let draft = Draft::new("seat-key-registered").put(new_id(), 0, &key);
        keep(&seat, None, draft);
        seat
    };
    let (one, other) = (open("duty-1"), open("duty-2"));
    let staff = Staff {
        centre: "north".to_owned(),
        ..Staff::default()
    };
    let new = |role: Role| NewPerson {
        name: "Somebody".to_owned(),
        login: role.key().to_owned(),
        roles: [role].into(),
        credential: Some(Credential::new("$argon2id$none")),
        ..NewPerson::default()
    };
    let (senior, inspector) = (new_id(), new_id());
    let people = vec![
        (new_id(), new(Role::Administrator)),
        (senior, new(Role::Senior)),
        (inspector, new(Role::Inspector)),
    ];
    let draft = found(&staff, people).expect("the first");
    keep(&one, Some(senior), draft);
    for (seat, person) in [(&one, senior), (&other, inspector)] {
        let draft = Draft::new("sign-in").about(person).with("via", "pin");
        keep(seat, Some(person), draft);
    }
    let cover = Key::new("cover", new_id());
    let mut claims: Vec<Key> = Vec::new();
    for minute in 0..60 {
        // They watch; now and then one takes something, and one covers the other for a break.
        for camera in 0..10 {
            let draft = Draft::new("camera-enlarged")
                .about(format!("ak-{:04}", minute * 10 + camera))
                .with("seconds", 5 + camera);
            let (seat, who) = if camera % 2 == 0 {
                (&one, senior)
            } else {
                (&other, inspector)
            };
            keep(seat, Some(who), draft);
        }
        let change = match minute {
            20 => Some((
                acts::COVER_OFFERED,
                put(&cover, 0, r#"{"state":"offered"}"#),
            )),
            22 => Some((
                acts::COVER_ACCEPTED,
                put(&cover, 1, r#"{"state":"running"}"#),
            )),
            35 => Some((
                acts::COVER_RETURNED,
                put(&cover, 2, r#"{"state":"returned"}"#),
            )),
            _ if minute % 3 == 0 => {
                claims.push(Key::new("claim", new_id()));
                Some((
                    acts::CLAIM_TAKEN,
                    put(&claims[claims.len() - 1], 0, r#"{"by":"duty-1"}"#),
                ))
            }
            _ if minute % 3 == 1 => Some((
                acts::CLAIM_RELEASED,
                put(&claims[claims.len() - 1], 1, r#"{"by":null}"#),
            )),
            _ => None,
        };
        if let Some((kind, change)) = change {
            let about = change.key.id;
            let draft = Draft {
                changes: vec![change],
                ..Draft::new(kind).about(about)
            };
            keep(&one, Some(senior), draft);
        }
    }
    let page = Key::new("handover", new_id());
    for (version, kind) in [
        acts::HANDOVER_DRAFTED,
        acts::HANDOVER_OFFERED,
        acts::HANDOVER_FINISHED,
    ]
    .iter()
    .enumerate()
    {
        let change = put(&page, version as u32, &format!(r#"{{"step":"{kind}"}}"#));
        keep(
            &one,
            Some(senior),
            Draft {
                changes: vec![change],
                ..Draft::new(kind).about(page.id)
            },
        );
    }
    keep(&one, Some(senior), sign_in::sign_out(senior));
    let size = one
        .store()
        .head()
        .expect("asked")
        .wait()
        .expect("a head")
        .size();
    assert!(size < LINES, "{size} lines");
    for n in size..LINES {
        let draft = Draft::new("camera-enlarged").about(format!("ak-{n:04}"));
        keep(&other, Some(inspector), draft);
    }
    // The one that signed last says its last words to the second place.
    drop(one);
    let options = other.close();
    Story {
        place,
        database,
        witness,
        options,
    }
}

fn keep(seat: &Seat, author: Option<Id>, draft: Draft) {
    let act = Act {
        author,
        detail: draft.detail,
        about: draft.about,
        ..seat.act(&draft.kind, draft.changes)
    };
    seat.must(&act);
}

pub(crate) fn key_of(options: &Options) -> Signer {
    Signer::open_or_make(
        &options.folder.join(format!("{}.key", options.seat)),
        &options.seat,
    )
    .expect("a key")
}

impl Story {
    /// The same once more, to be harmed.
    pub(crate) fn copy(&self) -> Copy<'_> {
        let folder = tempfile::tempdir().expect("a folder");
        let database = self.database.as_ref().map(|story| {
            let name = new_database();
            let sql = format!("DROP DATABASE {name}");
            server().sql("postgres", &sql).expect("dropped");
            let sql = format!("CREATE DATABASE {name} TEMPLATE {story}");
            server().sql("postgres", &sql).expect("copied");
            name
        });
        if database.is_none() {
            let to = folder.path().join("store.db");
            fs::copy(file_of(&self.options), to).expect("copied");
        }
        let copy = Copy {
            story: self,
            folder,
            database,
        };
        copy.sql(if copy.database.is_some() {
            "ALTER TABLE log DISABLE TRIGGER log_stays"
        } else {
            "DROP TRIGGER log_is_not_changed; DROP TRIGGER log_is_not_shortened"
        });
        copy
    }
}

/// A copy of a story.
pub(crate) struct Copy<'a> {
    pub(crate) story: &'a Story,
    pub(crate) folder: TempDir,
    database: Option<String>,
}

impl Copy<'_> {
    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("store.db")).expect("the file")
    }

    /// What somebody does who has the database itself.
    pub(crate) fn sql(&self, sql: &str) {
        match &self.database {
            Some(name) => drop(
                server()
                    .sql(
                        name,
                        &format!(
                            "SET session_replication_role = replica; SET search_path = qyran; {sql}"
                        ),
                    )
                    .expect("done"),
            ),
            None => self.file().execute_batch(sql).expect("done"),
        }
    }

    /// One text.
    fn text(&self, sql: &str) -> String {
        match &self.database {
            Some(name) => server()
                .sql(name, &format!("SET search_path = qyran; {sql}"))
                .expect("told"),
            None => self
                .file()
                .query_row(sql, [], |row| row.get(0))
                .expect("told"),
        }
    }

    pub(crate) fn line(&self, n: u64) -> String {
        self.text(&format!("SELECT line FROM log WHERE n = {n}"))
    }

    pub(crate) fn blob(&self, bytes: &[u8]) -> String {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("written");
            hex
        });
        if self.database.is_some() {
            format!("'\\x{hex}'")
        } else {
            format!("x'{hex}'")
        }
    }

    /// Writes a line anew, with a hash that fits.
    pub(crate) fn set_line(&self, n: u64, text: &str) {
        let hash = self.blob(leaf_hash(text.as_bytes()).as_bytes());
        let text = text.replace('\'', "''");
        self.sql(&format!(
            "UPDATE log SET line = '{text}', hash = {hash} WHERE n = {n}"
        ));
    }

    /// The right edge of the first `size` lines as they are now.
    fn edge(&self, size: u64) -> Frontier {
        let mut edge = Frontier::default();
        let sql = if self.database.is_some() {
            format!("SELECT string_agg(line, chr(10) ORDER BY n) FROM log WHERE n < {size}")
        } else {
            format!(
                "SELECT group_concat(line, char(10)) FROM (SELECT line FROM log WHERE n < {size} ORDER BY n)"
            )
        };
        for line in self.text(&sql).split('\n') {
            edge.append(leaf_hash(line.as_bytes()));
        }
        edge
    }

    /// Makes the head fit the first `size` lines.
    pub(crate) fn set_head(&self, size: u64) {
        let bytes = self.blob(&self.edge(size).to_bytes());
        self.sql(&format!(
            "UPDATE head SET size = {size}, frontier = {bytes}"
        ));
    }

    /// Signs the first `size` lines as they are now, and keeps that in the place of what was signed.
    pub(crate) fn sign(&self, signer: &Signer, size: u64) {
        let store = self.text("SELECT value FROM meta WHERE name = 'store'");
        let note = signer
            .sign(&origin(store), &self.edge(size))
            .expect("signed");
        let (name, note) = (signer.key().name(), note.to_string());
        self.sql(&format!(
            "DELETE FROM checkpoint WHERE size = {size};
             INSERT INTO checkpoint (size, signer, at, text) VALUES ({size}, '{name}', 0, '{note}')"
        ));
    }

    /// What `qyran audit verify` says, and whether it is content.
    pub(crate) fn verify(&self, with_witness: bool) -> (bool, String) {
        let folder = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_qyran"));
        command
            .args(["audit", "verify", "--lang", "en", "--data"])
            .arg(folder);
        command.arg("--config").arg(folder);
        if let Some(name) = &self.database {
            command.arg("--store").arg(server().url("postgres", name));
        }
        if with_witness {
            command.arg("--witness").arg(self.story.witness.path());
        }
        let said = command.output().expect("qyran");
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(
            text.starts_with("The log is"),
            "{text}{}",
            String::from_utf8_lossy(&said.stderr)
        );
        (said.status.success(), text)
    }
}
