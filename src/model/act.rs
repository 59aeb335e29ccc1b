//! What somebody does, as it is kept: one act is one transaction of the store, the records it
//! changes, and one line of the log.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::id::Id;
use crate::base::clock::WallTime;

/// The longest name of a kind, a seat or a centre, bytes.
pub const LONGEST_NAME: usize = 64;
/// The longest body of a record, bytes.
pub const LONGEST_BODY: usize = 1 << 20;
/// The most bytes of an act's detail.
pub const LONGEST_DETAIL: usize = 64 << 10;
/// The most records that one act changes.
pub const MOST_CHANGES: usize = 1000;

/// Kinds of acts of a seat itself, and the words of each; those of people stand in
/// [`super::staff::KINDS`], those of posts and shifts in [`super::shift::acts::WORDS`].
pub const SEAT_KINDS: [(&str, &str); 12] = [
    ("enlarged", "act-enlarged"),
    ("clock-stepped", "act-clock-stepped"),
    ("wall-opened", "act-wall-opened"),
    ("wall-restarted", "act-wall-restarted"),
    ("wall-closed", "act-wall-closed"),
    ("seat-key-registered", "act-seat-key-registered"),
    (
        super::settings_file::SETTINGS_CHANGED,
        "act-settings-changed",
    ),
    ("mask-lifted", "act-mask-lifted"),
    ("mask-lowered", "act-mask-lowered"),
    ("log-exported", "act-log-exported"),
    ("log-verified", "act-log-verified"),
    ("noticed", "act-noticed"),
];

/// A record: what kind of thing, and which.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The kind: `person`, `post`, …
    pub kind: String,
    /// Which.
    pub id: Id,
}

impl Key {
    /// A record of `kind`.
    pub fn new(kind: &str, id: Id) -> Self {
        Self {
            kind: kind.to_owned(),
            id,
        }
    }
}

/// What an act does to one record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The record.
    pub key: Key,
    /// The version that the author has seen; 0 when there must be none yet. Another version is a
    /// conflict, and the whole act is refused.
    pub expect: u32,
    /// What it is now, as JSON; nothing when it is removed.
    pub body: Option<String>,
}

/// What somebody does at a seat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Its identity: an act that comes twice is done once.
    pub id: Id,
    /// When, by the seat's clock.
    pub at: WallTime,
    /// At which seat.
    pub seat: String,
    /// Of which centre; the records that it changes belong to this one.
    pub centre: String,
    /// Who; nothing where the program itself does something.
    pub author: Option<Id>,
    /// Who signed in beside the author, for an act that asks four eyes.
    #[serde(default)]
    pub second: Option<Id>,
    /// What: `sign-in`, `cover-offered`, … Each has a word in the translations, `act-` and this.
    pub kind: String,
    /// About which record or camera, for whoever searches the log.
    #[serde(default)]
    pub about: Option<String>,
    /// What else the log should say.
    #[serde(default)]
    pub detail: Map<String, Value>,
    /// What it changes.
    #[serde(default)]
    pub changes: Vec<Change>,
}

/// An act before it has an author, a seat, a time and an identity: what the pure functions of the
/// model return.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// See [`Act::kind`].
    pub kind: String,
    /// See [`Act::about`].
    pub about: Option<String>,
    /// See [`Act::detail`].
    pub detail: Map<String, Value>,
    /// See [`Act::changes`].
    pub changes: Vec<Change>,
}

impl Draft {
    /// Of a kind, with nothing in it.
    pub fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            ..Self::default()
        }
    }

    /// The same about `what`.
    #[must_use]
    pub fn about(mut self, what: impl ToString) -> Self {
        self.about = Some(what.to_string());
        self
    }

    /// The same with one more detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// The same with a record that is new or changed. A value that is no JSON is refused by the
    /// store as an empty body.
    #[must_use]
    pub fn put<T: Record>(mut self, id: Id, expect: u32, value: &T) -> Self {
        self.changes.push(Change {
            key: Key::new(T::KIND, id),
            expect,
            body: Some(serde_json::to_string(value).unwrap_or_default()),
        });
        self
    }

    /// The same with a record that is removed.
    #[must_use]
    pub fn remove<T: Record>(mut self, id: Id, expect: u32) -> Self {
        self.changes.push(Change {
            key: Key::new(T::KIND, id),
            expect,
            body: None,
        });
        self
    }
}

/// A thing that the store keeps.
pub trait Record: Serialize + serde::de::DeserializeOwned {
    /// The kind of its [`Key`]; lower-case letters and hyphens.
    const KIND: &'static str;
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<T> {
    /// Which.
    pub id: Id,
    /// How often it was written, from 1.
    pub version: u32,
    /// The place in the log of the act that wrote it last.
    pub seq: u64,
    /// The centre that owns it.
    pub centre: String,
    /// What it is.
    pub value: T,
}
