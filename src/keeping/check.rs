//! Whether what is kept is what was done: every record against the last line of the log that changed
//! it, and the log against its signatures. The same for a running store, a backup and an export.

use std::collections::BTreeMap;

use crate::model::act::{Key, Record as _};
use crate::model::seat_key::SeatKey;
use crate::store::database::StoreError;
use crate::store::database::keep::{About, Item, LineItem, RecordItem};
use crate::store::log::checkpoint::origin;
use crate::store::log::finding::{Finding as LogFinding, Place};
use crate::store::log::line::Entry;
use crate::store::log::note::Keys;
use crate::store::log::tree::Hash;
use crate::store::log::verify::{Held, Report, Verifier};
use crate::words::Words;

/// Findings about records that are listed; the others are counted.
const MOST_FINDINGS: usize = 1000;

/// One thing that is not as it should be.
#[derive(Debug)]
pub(super) enum Finding {
    /// A store cannot be read.
    Store(StoreError),
    /// The engine says so of its own file.
    Damage {
        /// The file.
        place: String,
        /// What it said.
        said: String,
    },
    /// A record is another than the log says.
    Changed {
        /// Which.
        key: Key,
        /// The version it has.
        version: u32,
        /// The version that the log says.
        logged: u32,
        /// The line that says so.
        line: u64,
    },
    /// A record that the log knows is not there.
    Removed {
        /// Which.
        key: Key,
        /// The line that changed it last.
        line: u64,
    },
    /// No line of the log made a record.
    Unlogged {
        /// Which.
        key: Key,
        /// The version it has.
        version: u32,
    },
    /// What is kept beside a line to search by is not what the line says.
    Columns {
        /// The line.
        line: u64,
    },
    /// A key that the store names cannot be read.
    Key {
        /// Which record.
        key: Key,
    },
    /// Acts of a seat wait for the centre.
    Waiting {
        /// How many.
        acts: u64,
        /// In which file.
        place: String,
    },
    /// Acts of a seat were refused, and nobody has looked.
    Conflicts {
        /// How many.
        count: u64,
        /// In which file.
        place: String,
    },
    /// A seat's file mirrors another store.
    OtherStore {
        /// The file.
        place: String,
        /// Which store it mirrors.
        mirrors: String,
        /// Which it should.
        store: String,
    },
    /// A seat has seen more of the log than there is.
    SeenMore {
        /// Its file.
        place: String,
        /// Lines that it has seen.
        seen: u64,
        /// Lines that there are.
        is: u64,
    },
    /// The log.
    Log(LogFinding),
    /// More about records than are listed.
    More {
        /// How many.
        count: u64,
    },
}

impl Finding {
    /// Whether it speaks against what is kept, not only of what nobody can vouch for or what waits.
    pub(super) fn is_harm(&self) -> bool {
        !matches!(
            self,
            Self::Waiting { .. } | Self::Conflicts { .. } | Self::Log(LogFinding::Unsigned { .. })
        )
    }

    pub(super) fn say(&self, words: Words) -> String {
        let of = |key: &Key| {
            [
                ("kind", key.kind.clone().into()),
                ("id", key.id.to_string().into()),
            ]
        };
        match self {
            Self::Store(error) => error.to_string(),
            Self::Damage { place, said } => words.with(
                "keep-damage",
                &[
                    ("place", place.as_str().into()),
                    ("said", said.as_str().into()),
                ],
            ),
            Self::Changed {
                key,
                version,
                logged,
                line,
            } => {
                let [kind, id] = of(key);
                let key = if version == logged {
                    "keep-record-changed"
                } else {
                    "keep-record-version"
                };
                words.with(
                    key,
                    &[
                        kind,
                        id,
                        ("version", (*version).into()),
                        ("logged", (*logged).into()),
                        ("line", (*line).into()),
                    ],
                )
            }
            Self::Removed { key, line } => {
                let [kind, id] = of(key);
                words.with("keep-record-removed", &[kind, id, ("line", (*line).into())])
            }
            Self::Unlogged { key, version } => {
                let [kind, id] = of(key);
                words.with(
                    "keep-record-unlogged",
                    &[kind, id, ("version", (*version).into())],
                )
            }
            Self::Columns { line } => words.with("keep-columns", &[("line", (*line).into())]),
            Self::Key { key } => words.with("keep-key", &of(key)),
            Self::Waiting { acts, place } => words.with(
                "keep-waiting",
                &[("count", (*acts).into()), ("place", place.as_str().into())],
            ),
            Self::Conflicts { count, place } => words.with(
                "keep-conflicts",
                &[("count", (*count).into()), ("place", place.as_str().into())],
            ),
            Self::OtherStore {
                place,
                mirrors,
                store,
            } => words.with(
                "keep-other-store",
                &[
                    ("place", place.as_str().into()),
                    ("mirrors", mirrors.as_str().into()),
                    ("store", store.as_str().into()),
                ],
            ),
            Self::SeenMore { place, seen, is } => words.with(
                "keep-seen-more",
                &[
                    ("place", place.as_str().into()),
                    ("seen", (*seen).into()),
                    ("is", (*is).into()),
                ],
            ),
            Self::Log(finding) => finding.say(words),
            Self::More { count } => words.with("keep-more", &[("count", (*count).into())]),
        }
    }
}

/// What a check comes to.
#[derive(Debug)]
pub(super) struct Checked {
    /// Records that were compared, removed ones too.
    pub records: u64,
    /// What the log came to.
    pub report: Report,
    /// Everything that is wrong.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// What speaks against what is kept.
    pub(super) fn harm(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_harm())
    }
}

/// A record as it is kept, by what the log says of records.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    version: u32,
    body: Option<Hash>,
    seq: u64,
    centre: String,
    at: i64,
}

/// Takes the items of a store in their order.
pub(super) struct Checker {
    about: About,
    keys: Keys,
    held: Vec<Held>,
    verifier: Option<Verifier>,
    kept: BTreeMap<Key, Known>,
    /// What the lines said last; what a record should be.
    logged: BTreeMap<Key, Known>,
    records: u64,
    findings: Vec<Finding>,
    more: u64,
}

impl Checker {
    pub(super) fn new(about: &About) -> Self {
        Self {
            about: about.clone(),
            keys: Keys::default(),
            held: Vec::new(),
            verifier: None,
            kept: BTreeMap::new(),
            logged: BTreeMap::new(),
            records: 0,
            findings: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn take(&mut self, item: &Item) {
        match item {
            Item::Record(record) => self.record(record),
            Item::Checkpoint(checkpoint) => self.held.push(Held {
                place: Place::Store,
                size: Some(checkpoint.size),
                note: checkpoint.text.clone(),
            }),
            Item::Line(line) => self.line(line),
            Item::Task(_) | Item::Login(_) => {}
        }
    }

    fn record(&mut self, record: &RecordItem) {
        self.records += 1;
        let key = Key::new(&record.kind, record.id);
        if record.kind == SeatKey::KIND
            && let Some(body) = &record.body
        {
            let read = serde_json::from_str::<SeatKey>(body).ok();
            match read.and_then(|named| named.key.parse().ok()) {
                Some(named) => self.keys.add(named),
                None => self.found(Finding::Key { key: key.clone() }),
            }
        }
        let known = Known {
            version: record.version,
            body: record.body.as_ref().map(|body| Hash::of(body.as_bytes())),
            seq: record.seq,
            centre: record.centre.clone(),
            at: record.at,
        };
        self.kept.insert(key, known);
    }

    fn line(&mut self, item: &LineItem) {
        if item.columns.is_some() {
            self.found(Finding::Columns { line: item.n });
        }
        let verifier = match &mut self.verifier {
            Some(verifier) => verifier,
            none => none.insert(verifier(&self.about, &self.keys, &mut self.held)),
        };
        verifier.line(item.n, &item.line, item.hash);
        // The verifier tells of a line that cannot be read.
        let Ok(entry) = Entry::parse(&item.line) else {
            return;
        };
        for change in entry.changes {
            let known = Known {
                version: change.version,
                body: change.body,
                seq: item.n,
                centre: entry.centre.clone(),
                at: entry.at.micros(),
            };
            self.logged.insert(change.key, known);
        }
    }

    fn found(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn finish(mut self) -> Checked {
        let kept = std::mem::take(&mut self.kept);
        let mut logged = std::mem::take(&mut self.logged);
        for (key, is) in kept {
            match logged.remove(&key) {
                None => self.found(Finding::Unlogged {
                    key,
                    version: is.version,
                }),
                Some(says) if says != is => self.found(Finding::Changed {
                    key,
                    version: is.version,
                    logged: says.version,
                    line: says.seq,
                }),
                Some(_same) => {}
            }
        }
        for (key, says) in logged {
            self.found(Finding::Removed {
                key,
                line: says.seq,
            });
        }
        if self.more > 0 {
            self.findings.push(Finding::More { count: self.more });
        }
        let verifier = self
            .verifier
            .take()
            .unwrap_or_else(|| verifier(&self.about, &self.keys, &mut self.held));
        let report = verifier.finish(self.about.head().as_ref());
        let mut findings = self.findings;
        findings.extend(report.findings.iter().cloned().map(Finding::Log));
        Checked {
            records: self.records,
            report,
            findings,
        }
    }
}

fn verifier(about: &About, keys: &Keys, held: &mut Vec<Held>) -> Verifier {
    Verifier::new(&origin(&about.store), keys, std::mem::take(held))
}
