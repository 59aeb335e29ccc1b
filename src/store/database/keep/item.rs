//! One thing that is kept, as a line of a backup has it.

use serde::{Deserialize, Serialize};

use crate::model::id::Id;
use crate::store::log::line::Entry;
use crate::store::log::tree::Hash;

/// One thing that is kept. Its JSON is a line of a backup; what it says is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// A record as it stands, removed ones too.
    Record(RecordItem),
    /// A signed root of the log.
    Checkpoint(CheckpointItem),
    /// A line of the log.
    Line(LineItem),
    /// Work that one of several is to do.
    Task(TaskItem),
    /// A login of the database, and its centre.
    Login(LoginItem),
}

/// See [`Item::Record`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordItem {
    /// What kind of thing.
    pub kind: String,
    /// Which.
    pub id: Id,
    /// How often it was written.
    pub version: u32,
    /// The place in the log of the act that wrote it last.
    pub seq: u64,
    /// The centre that owns it.
    pub centre: String,
    /// When, microseconds of UTC by the store's clock.
    pub at: i64,
    /// What it is, as JSON; nothing once removed.
    pub body: Option<String>,
}

/// See [`Item::Checkpoint`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointItem {
    /// Lines that it is kept for.
    pub size: u64,
    /// Whose signature it carries.
    pub signer: String,
    /// When it was kept, microseconds of UTC.
    pub at: i64,
    /// The signed note.
    pub text: String,
}

/// See [`Item::Line`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// Its place.
    pub n: u64,
    /// The hash that is kept beside it.
    #[serde(with = "hexadecimal")]
    pub hash: Hash,
    /// What is hashed.
    pub line: String,
    /// What is kept beside it to search by, where that is not what the line says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
}

/// What is kept beside a line to search by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Which act.
    pub act: Id,
    /// When, microseconds of UTC by the store's clock.
    pub at: i64,
    /// Of which centre.
    pub centre: String,
    /// At which seat.
    pub seat: String,
    /// Who.
    pub author: Option<Id>,
    /// What.
    pub kind: String,
    /// About what.
    pub about: Option<String>,
}

/// See [`Item::Task`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskItem {
    /// Which.
    pub id: Id,
    /// What kind.
    pub kind: String,
    /// Whose.
    pub centre: String,
    /// Not before then, microseconds of UTC.
    pub due: i64,
    /// Who has it.
    pub taken_by: Option<String>,
    /// Until then.
    pub taken_until: i64,
    /// How often it was taken.
    pub tries: u32,
    /// What, as JSON.
    pub body: String,
}

/// See [`Item::Login`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginItem {
    /// The login.
    pub login: String,
    /// Its centre.
    pub centre: String,
    /// Whether it sees every centre's.
    pub everything: bool,
}

/// How many of each were handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    /// Records, removed ones too.
    pub records: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Lines of the log.
    pub lines: u64,
    /// Tasks.
    pub tasks: u64,
    /// Logins.
    pub logins: u64,
}

impl Made {
    /// One more.
    pub fn count(&mut self, item: &Item) {
        let of = match item {
            Item::Record(_) => &mut self.records,
            Item::Checkpoint(_) => &mut self.checkpoints,
            Item::Line(_) => &mut self.lines,
            Item::Task(_) => &mut self.tasks,
            Item::Login(_) => &mut self.logins,
        };
        *of += 1;
    }
}

impl Item {
    /// Its turn: items come in this order.
    pub fn turn(&self) -> u8 {
        match self {
            Self::Record(_) => 0,
            Self::Checkpoint(_) => 1,
            Self::Line(_) => 2,
            Self::Task(_) => 3,
            Self::Login(_) => 4,
        }
    }
}

impl Columns {
    /// What a line says; nothing where it is none.
    pub fn of(line: &str) -> Option<Self> {
        let entry = Entry::parse(line).ok()?;
        Some(Self {
            act: entry.act,
            at: entry.at.micros(),
            centre: entry.centre,
            seat: entry.seat,
            author: entry.author,
            kind: entry.kind,
            about: entry.about,
        })
    }
}

impl LineItem {
    /// With what is kept beside it, left out where the line says the same.
    pub(super) fn new(n: u64, hash: Hash, line: String, columns: Columns) -> Self {
        let same = Columns::of(&line).as_ref() == Some(&columns);
        Self {
            n,
            hash,
            line,
            columns: (!same).then_some(columns),
        }
    }

    /// What is to be kept beside it; nothing where neither it nor the line says so.
    pub(super) fn columns(&self) -> Option<Columns> {
        self.columns.clone().or_else(|| Columns::of(&self.line))
    }
}

mod hexadecimal {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::store::log::tree::Hash;

    pub(super) fn serialize<S: Serializer>(hash: &Hash, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(hash)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}
