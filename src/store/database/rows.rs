//! What the engines give and take.

use serde::{Deserialize, Serialize};

use crate::base::clock::WallTime;
use crate::model::act::{Act, Key};
use crate::model::id::Id;
use crate::store::log::tree::Hash;

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub key: Key,
    /// How often it was written, from 1.
    pub version: u32,
    /// The place in the log of the act that wrote it last.
    pub seq: u64,
    /// The centre that owns it.
    pub centre: String,
    /// When, by the store's clock.
    pub at: WallTime,
    /// What it is, as JSON; nothing once removed.
    pub body: Option<String>,
}

/// A line of the log as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place, from 0.
    pub n: u64,
    /// What is hashed.
    pub text: String,
    /// The leaf hash that is kept beside it.
    pub hash: Hash,
}

/// A checkpoint as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Lines of the log that it covers.
    pub size: u64,
    /// Whose signature it carries.
    pub signer: String,
    /// The signed note.
    pub text: String,
}

/// That a seat is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// The seat.
    pub seat: String,
    /// Its centre.
    pub centre: String,
    /// When it said so, by the store's clock.
    pub at: WallTime,
    /// What else it said, as JSON.
    pub body: String,
}

/// Something that one of several is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its identity: offered twice, it is there once.
    pub id: Id,
    /// What kind.
    pub kind: String,
    /// Whose.
    pub centre: String,
    /// Not before then.
    pub due: WallTime,
    /// How often it was taken.
    pub tries: u32,
    /// What, as JSON.
    pub body: String,
}

/// Who has what only one may have at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub holder: String,
    /// Until then, by the store's clock.
    pub until: WallTime,
}

/// What a seat did while the centre was away, and the centre refused when it was back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// What was done.
    pub act: Act,
    /// Why it was refused.
    pub why: String,
    /// The record that was not as the seat had seen it.
    pub key: Option<Key>,
    /// What that is at the centre; nothing when it was removed or there was none.
    pub body: Option<String>,
}
