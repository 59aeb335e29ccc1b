//! What a group of acts comes to: a pure function that both engines share.
//!
//! An engine opens a transaction, holds the head of the log, and reads what [`wanted`] names; what
//! [`plan`] makes of it is written as it stands. So versions, places in the log, repeated acts and
//! conflicts follow the same rules on both.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::rows::Row;
use super::unfit::{Unfit, check};
use crate::base::clock::WallTime;
use crate::model::act::{Act, Change, Key};
use crate::model::id::Id;
use crate::model::lawful;
use crate::store::log::line;
use crate::store::log::tree::{Frontier, Hash, leaf_hash};

/// A record as the engine found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How often it was written.
    pub version: u32,
    /// What it is; nothing once removed.
    pub body: Option<String>,
    /// Who owns it.
    pub centre: String,
}

/// What the engine read in the writing transaction.
#[derive(Debug)]
pub(super) struct Seen {
    /// The right edge of the log.
    pub frontier: Frontier,
    /// Now, by the store's own clock.
    pub now: WallTime,
    /// Records that the group changes, and the people who do it, where they exist.
    pub records: BTreeMap<Key, Found>,
    /// Acts of the group that were done before, and their places.
    pub done: BTreeMap<Id, u64>,
    /// The only centre that this login may write for, where it is bound to one.
    pub centre: Option<String>,
}

/// What a group needs to be read.
pub(super) fn wanted(group: &[Act]) -> (Vec<Id>, BTreeSet<Key>) {
    let ids = group.iter().map(|act| act.id).collect();
    let keys = group
        .iter()
        .flat_map(|act| {
            let changed = act.changes.iter().map(|change| change.key.clone());
            changed.chain(lawful::needed(act))
        })
        // What is no name is refused later; PostgreSQL would not even be asked for it.
        .filter(|key| !key.kind.contains('\0'))
        .collect();
    (ids, keys)
}

/// One line of the log to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LogRow {
    pub n: u64,
    pub act: Id,
    pub at: WallTime,
    pub centre: String,
    pub seat: String,
    pub author: Option<Id>,
    pub kind: String,
    pub about: Option<String>,
    pub line: String,
    pub hash: Hash,
}

/// What became of one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done and durable.
    Done {
        /// Its place in the log.
        seq: u64,
    },
    /// It had been done before, and was not done again.
    DoneBefore {
        /// Its place in the log.
        seq: u64,
    },
    /// Somebody was first: nothing of it was done.
    Conflict(Conflict),
    /// It cannot be kept: nothing of it was done.
    Unfit(Unfit),
}

/// A record is not as the author saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Which.
    pub key: Key,
    /// The version that the author saw.
    pub expected: u32,
    /// The version there is.
    pub version: u32,
    /// What it is now; nothing when it was removed.
    pub body: Option<String>,
    /// Other records of the same act that are not as the author saw them, and what each is now.
    pub others: Vec<(Key, Option<String>)>,
}

/// What is to be written for a group.
#[derive(Debug)]
pub(super) struct Plan {
    /// New lines of the log.
    pub log: Vec<LogRow>,
    /// Records, each once, as the group leaves them.
    pub records: Vec<Row>,
    /// The new right edge.
    pub frontier: Frontier,
    /// For each act of the group.
    pub outcomes: Vec<Outcome>,
}

/// What `group` comes to where `seen` is what there is.
pub(super) fn plan(seen: Seen, group: &[Act]) -> Plan {
    let Seen {
        mut frontier,
        now,
        records: mut standing,
        mut done,
        centre: only,
    } = seen;
    let mut log = Vec::new();
    let mut written: BTreeMap<Key, Row> = BTreeMap::new();
    let outcomes = group
        .iter()
        .map(|act| {
            if let Some(seq) = done.get(&act.id) {
                return Outcome::DoneBefore { seq: *seq };
            }
            if let Err(unfit) = check(act) {
                return Outcome::Unfit(unfit);
            }
            if let Some(unfit) = foreign(act, only.as_deref(), &standing) {
                return Outcome::Unfit(unfit);
            }
            if let Some(unfit) = unlawful(act, &standing) {
                return Outcome::Unfit(unfit);
            }
            if let Some(conflict) = Conflict::of(act, &standing) {
                return Outcome::Conflict(conflict);
            }
            let n = frontier.size();
            let mut changed = Vec::with_capacity(act.changes.len());
            for change in &act.changes {
                let version = Found::next_version(&standing, &change.key);
                let digest = change
                    .body
                    .as_ref()
                    .map(|body| Hash::from(<[u8; 32]>::from(Sha256::digest(body.as_bytes()))));
                changed.push((change.key.clone(), version, digest));
                standing.insert(change.key.clone(), Found::after(act, change, version));
                written.insert(
                    change.key.clone(),
                    Row {
                        key: change.key.clone(),
                        version,
                        seq: n,
                        centre: act.centre.clone(),
                        at: now,
                        body: change.body.clone(),
                    },
                );
            }
            let line = line::text(n, act, now, &changed);
            let hash = leaf_hash(line.as_bytes());
            frontier.append(hash);
            log.push(LogRow {
                n,
                act: act.id,
                at: now,
                centre: act.centre.clone(),
                seat: act.seat.clone(),
                author: act.author,
                kind: act.kind.clone(),
                about: act.about.clone(),
                line,
                hash,
            });
            done.insert(act.id, n);
            Outcome::Done { seq: n }
        })
        .collect();
    Plan {
        log,
        records: written.into_values().collect(),
        frontier,
        outcomes,
    }
}

/// What the author may not do, where the records of people are in `standing`.
pub(super) fn unlawful(act: &Act, standing: &BTreeMap<Key, Found>) -> Option<Unfit> {
    let body = |key: &Key| standing.get(key)?.body.as_deref();
    let why = lawful::check(act, body).err()?;
    let author = act.author.map(|id| id.to_string());
    Some(Unfit::NotAllowed {
        author: author.unwrap_or_else(|| "nobody".to_owned()),
        kind: act.kind.chars().take(64).collect(),
        why,
    })
}

/// What of it belongs to another centre. A record stays with the centre that made it.
fn foreign(act: &Act, only: Option<&str>, standing: &BTreeMap<Key, Found>) -> Option<Unfit> {
    let owner = standing_owner(act, standing).or_else(|| only.map(str::to_owned))?;
    (owner != act.centre).then(|| Unfit::Foreign {
        centre: act.centre.chars().take(64).collect(),
        owner,
    })
}

fn standing_owner(act: &Act, standing: &BTreeMap<Key, Found>) -> Option<String> {
    act.changes
        .iter()
        .filter_map(|change| standing.get(&change.key))
        .map(|found| &found.centre)
        .find(|owner| **owner != act.centre)
        .cloned()
}

impl Conflict {
    /// Those of the act's changes whose records are not as expected. A record that was removed is
    /// not there, so that it may be made again; its versions go on.
    pub(super) fn of(act: &Act, standing: &BTreeMap<Key, Found>) -> Option<Self> {
        let mut all = act.changes.iter().filter_map(|change| {
            let found = standing.get(&change.key);
            let version = found.map_or(0, |found| found.version);
            let is_gone = found.is_none_or(|found| found.body.is_none());
            let fits = version == change.expect || (is_gone && change.expect == 0);
            (!fits).then(|| Self {
                key: change.key.clone(),
                expected: change.expect,
                version,
                body: found.and_then(|found| found.body.clone()),
                others: Vec::new(),
            })
        });
        let first = all.next()?;
        let others = all.map(|other| (other.key, other.body)).collect();
        Some(Self { others, ..first })
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            key,
            expected,
            version,
            ..
        } = self;
        write!(
            f,
            "{} {} is at version {version}, and was changed from {expected}",
            key.kind, key.id
        )
    }
}

impl Found {
    /// The version that a record has after the next change.
    pub(super) fn next_version(standing: &BTreeMap<Key, Self>, key: &Key) -> u32 {
        standing.get(key).map_or(0, |found| found.version) + 1
    }

    /// A record after a change.
    pub(super) fn after(act: &Act, change: &Change, version: u32) -> Self {
        Self {
            version,
            body: change.body.clone(),
            centre: act.centre.clone(),
        }
    }
}
