//! Stores of both engines, and seats that use them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crossbeam_channel::Receiver;
use parking_lot::Mutex;
use qyran::base::{clock, threads};
use qyran::bench::postgres::Server;
use qyran::model::act::{Act, Change, Key};
use qyran::model::id::Id;
use qyran::store::database::{
    Address, Answer, Kept, Link, Options, Outcome, Refused, Row, Running, Seal, Store, StoreError,
    StoreEvent, new_id,
};
use qyran::store::log::checkpoint::origin;
use qyran::store::log::note::Keys;
use qyran::store::log::records::{self, Records};
use qyran::store::log::signer::Signer;
use qyran::store::log::tree::Hash;
use qyran::store::log::verify::{Held, Place as LogPlace, Report, Verifier};
use tempfile::TempDir;

/// Whatever is waited for comes within this time or never.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// One server for all tests that do not harm it.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<(TempDir, Server)> = OnceLock::new();
    &SERVER
        .get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder");
            open_to_all(folder.path());
            let server = Server::start(&folder.path().join("pg"), false).expect("PostgreSQL");
            (folder, server)
        })
        .1
}

/// So that the user that PostgreSQL runs as can reach what lies in it.
pub(crate) fn open_to_all(folder: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).expect("mode");
    }
}

/// A new database on the common server.
pub(crate) fn new_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("q{}", NUMBER.fetch_add(1, SeqCst));
    server().new_database(&name).expect("a database");
    name
}

/// Where a store is: one of the two engines.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) folder: TempDir,
    pub(crate) centre: Option<Address>,
    seats: AtomicU32,
}

impl Place {
    /// One of each engine, empty.
    pub(crate) fn both() -> Vec<Self> {
        vec![Self::alone(), Self::in_a_centre()]
    }

    pub(crate) fn alone() -> Self {
        Self {
            name: "SQLite",
            folder: tempfile::tempdir().expect("a folder"),
            centre: None,
            seats: AtomicU32::new(0),
        }
    }

    pub(crate) fn in_a_centre() -> Self {
        let url = server().url("postgres", &new_database());
        Self::at(&url)
    }

    pub(crate) fn at(url: &str) -> Self {
        Self {
            name: "PostgreSQL",
            folder: tempfile::tempdir().expect("a folder"),
            centre: Some(Address::parse(url, None).expect("an address")),
            seats: AtomicU32::new(0),
        }
    }

    /// One more seat.
    pub(crate) fn seat(&self) -> Seat {
        let number = self.seats.fetch_add(1, SeqCst);
        Seat::open(self.options(&format!("seat-{number}")))
    }

    pub(crate) fn options(&self, seat: &str) -> Options {
        // On one machine seats share the file; in a centre each has its own beside the server.
        let folder = if self.centre.is_some() {
            self.folder.path().join(seat)
        } else {
            self.folder.path().to_owned()
        };
        Options {
            folder,
            centre: self.centre.clone(),
            seat: seat.to_owned(),
            centre_name: "north".to_owned(),
            seal: Arc::new(Seal::none()),
        }
    }
}

/// A seat with all that it was told.
pub(crate) struct Seat {
    pub(crate) options: Options,
    store: Option<Store>,
    running: Option<Running>,
    news: Receiver<StoreEvent>,
    known: Mutex<Known>,
}

/// What a seat was told.
#[derive(Default, Debug)]
pub(crate) struct Known {
    pub(crate) rows: BTreeMap<Key, Row>,
    /// In the order in which they were told.
    pub(crate) told: Vec<Row>,
    pub(crate) provisional: u64,
    pub(crate) ready: bool,
    pub(crate) link: Option<Link>,
    /// How often it was told that its centre is there, and that it is not.
    pub(crate) came: u32,
    pub(crate) went: u32,
    pub(crate) seats: Vec<String>,
    pub(crate) conflicts: Vec<Refused>,
    pub(crate) trouble: Option<StoreError>,
    pub(crate) troubles: u32,
}

impl Seat {
    pub(crate) fn open(options: Options) -> Self {
        Self::try_open(options).expect("a store")
    }

    pub(crate) fn try_open(options: Options) -> Result<Self, StoreError> {
        let (store, running, news) = Store::open(options.clone(), Arc::new(|| {}))?;
        Ok(Self {
            options,
            store: Some(store),
            running: Some(running),
            news,
            known: Mutex::default(),
        })
    }

    pub(crate) fn store(&self) -> &Store {
        self.store.as_ref().expect("open")
    }

    /// Waits until what the seat was told is as wanted.
    pub(crate) fn until(&self, what: &str, mut wanted: impl FnMut(&Known) -> bool) {
        let deadline = clock::now() + PATIENCE;
        let mut known = self.known.lock();
        loop {
            while let Ok(event) = self.news.try_recv() {
                known.learn(event);
            }
            if wanted(&known) {
                return;
            }
            // News that never end do not make it wait longer.
            match self.news.recv_deadline(deadline) {
                Ok(event) if clock::now() < deadline => known.learn(event),
                ended => panic!(
                    "{}: never {what} ({:?}): {known:?}",
                    self.options.seat,
                    ended.err()
                ),
            }
        }
    }

    /// Waits until the seat knows what there was, and reaches its centre if it has one.
    pub(crate) fn settled(self) -> Self {
        self.until("ready", |known| {
            known.ready && matches!(known.link, Some(Link::Alone | Link::There))
        });
        self
    }

    pub(crate) fn with<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.lock())
    }

    pub(crate) fn act(&self, kind: &str, changes: Vec<Change>) -> Act {
        Act {
            id: new_id(),
            at: clock::wall_now(),
            seat: self.options.seat.clone(),
            centre: self.options.centre_name.clone(),
            author: None,
            second: None,
            kind: kind.to_owned(),
            about: None,
            detail: serde_json::Map::new(),
            changes,
        }
    }

    /// Does an act and waits for what becomes of it.
    pub(crate) fn submit(&self, act: &Act) -> Result<Kept, StoreError> {
        self.answered("kept or refused", self.store().submit(act.clone())?)
    }

    /// Waits for an answer. What the seat is told meanwhile is taken in: a store that has told much
    /// waits for whoever listens, and one who listens only after the answer waits for ever.
    pub(crate) fn answered<T>(&self, what: &str, mut answer: Answer<T>) -> Result<T, StoreError> {
        let deadline = clock::now() + PATIENCE;
        let mut known = self.known.lock();
        loop {
            if let Some(answer) = answer.poll() {
                return answer;
            }
            if let Ok(event) = self.news.recv_timeout(Duration::from_millis(1)) {
                known.learn(event);
            }
            assert!(
                clock::now() < deadline,
                "{}: never {what}: {known:?}",
                self.options.seat
            );
        }
    }

    /// Does an act that must be done.
    pub(crate) fn must(&self, act: &Act) -> u64 {
        match self.submit(act) {
            Ok(Kept::Settled(Outcome::Done { seq })) => seq,
            other => panic!("{}: {other:?}", self.options.seat),
        }
    }

    /// All lines of the log: the acts' identities, in order; the places must have no gaps and the
    /// hashes must fit the texts.
    pub(crate) fn log(&self) -> Vec<Id> {
        let asked = self.store().lines(0, 1 << 20).expect("asked");
        let lines = self.answered("lines", asked);
        lines
            .expect("lines")
            .into_iter()
            .enumerate()
            .map(|(n, line)| {
                assert_eq!(line.n, n as u64, "no gaps");
                let hash = qyran::store::log::tree::leaf_hash(line.text.as_bytes());
                assert_eq!(line.hash, hash);
                let value: serde_json::Value = serde_json::from_str(&line.text).expect("JSON");
                value["act"].as_str().expect("act").parse().expect("id")
            })
            .collect()
    }

    /// Closes it and opens it again, as if the program were started again.
    pub(crate) fn start_again(&mut self) {
        self.shut();
        *self = Self::open(self.options.clone());
    }

    /// Closes it, and waits until everything is kept.
    pub(crate) fn close(mut self) -> Options {
        self.shut();
        self.options.clone()
    }

    fn shut(&mut self) {
        self.store = None;
        if let Some(running) = self.running.take() {
            // Its last words must not keep it waiting.
            let news = self.news.clone();
            let drain =
                threads::spawn("drain", move || while news.recv().is_ok() {}).expect("a thread");
            running.join();
            drain.join().expect("drained");
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shut();
    }
}

impl Known {
    fn learn(&mut self, event: StoreEvent) {
        match event {
            StoreEvent::Rows { rows, provisional } => {
                self.provisional += u64::from(provisional) * rows.len() as u64;
                for row in rows {
                    if !provisional {
                        self.told.push(row.clone());
                    }
                    self.rows.insert(row.key.clone(), row);
                }
            }
            StoreEvent::Ready => self.ready = true,
            StoreEvent::Link(link) => {
                self.came += u32::from(link == Link::There);
                self.went += u32::from(matches!(link, Link::Away { .. }));
                self.link = Some(link);
            }
            StoreEvent::Presence { seats, .. } => {
                self.seats = seats.into_iter().map(|seat| seat.seat).collect();
            }
            StoreEvent::Conflicts(conflicts) => self.conflicts = conflicts,
            StoreEvent::Trouble(trouble) => {
                self.troubles += u32::from(trouble.is_some());
                self.trouble = trouble;
            }
        }
    }

    pub(crate) fn body(&self, key: &Key) -> Option<&str> {
        self.rows.get(key)?.body.as_deref()
    }

    pub(crate) fn version(&self, key: &Key) -> u32 {
        self.rows.get(key).map_or(0, |row| row.version)
    }
}

/// A record that is new or changed.
pub(crate) fn put(key: &Key, expect: u32, body: &str) -> Change {
    Change {
        key: key.clone(),
        expect,
        body: Some(body.to_owned()),
    }
}

pub(crate) fn new_key() -> Key {
    Key::new("thing", new_id())
}

/// The same with a key to sign the log with, which lies in the folder.
pub(crate) fn signed(mut options: Options) -> Options {
    std::fs::create_dir_all(&options.folder).expect("a folder");
    let signer = signer(&options);
    options.seal = Arc::new(Seal::new(signer, None));
    options
}

fn signer(options: &Options) -> Signer {
    Signer::open_or_make(&options.folder.join("seat-key"), &options.seat).expect("a key")
}

/// What the log's checker says of the log of a seat that signs.
pub(crate) fn verify(seat: &Seat) -> Report {
    let mut keys = Keys::default();
    keys.add(signer(&seat.options).key().clone());
    let store = seat.store();
    let asked = store.identity().expect("asked");
    let id = seat.answered("its identity", asked).expect("an identity");
    let asked = store.head().expect("asked");
    let head = seat.answered("the head", asked).expect("a head");
    let asked = store.checkpoints().expect("asked");
    let held = seat.answered("checkpoints", asked).expect("them");
    let held = held.into_iter().map(|kept| Held {
        place: LogPlace::Store,
        size: Some(kept.size),
        note: kept.text,
    });
    let mut verifier = Verifier::new(&origin(id), &keys, held);
    let mut written = Records::default();
    let lines = seat.answered("lines", store.lines(0, 1 << 20).expect("asked"));
    for line in lines.expect("lines") {
        verifier.line(line.n, &line.text, line.hash);
        written.line(line.n, &line.text);
    }
    let rows = seat.answered("rows", store.rows(0, 1 << 20).expect("asked"));
    let kept = rows.expect("rows").into_iter().map(|row| records::Kept {
        key: row.key,
        version: row.version,
        body: row.body.map(|body| Hash::of(body.as_bytes())),
    });
    verifier
        .finish(Some(&head))
        .and(written.compare(kept, head.size()))
}

/// The log is as it was signed.
pub(crate) fn verified(seat: &Seat) {
    let report = verify(seat);
    assert!(report.clean(), "{report:?}");
}

/// The file of a machine alone.
pub(crate) fn file_of(options: &Options) -> PathBuf {
    options.own_file()
}
