//! Alarms: signals that ask somebody to do something (ISA-18.2, IEC 62682). Everything else that comes
//! in is an event.
//!
//! [`Occurrence`](occurrence::Occurrence)s come in, of a [`Class`](class::Class) each; they raise or
//! repeat an [`Alarm`](alarm::Alarm), of which people say what it is. [`acts`] makes the acts of it,
//! [`queue`] says what stands where and what sounds, [`load`] how much it all is, [`between`] how another
//! centre takes one over.

pub mod acts;
#[expect(
    clippy::module_inception,
    reason = "the alarm itself, beside all that is about it"
)]
pub mod alarm;
pub mod aside;
pub mod between;
pub mod class;
pub mod load;
pub mod occurrence;
pub mod past;
pub mod queue;
pub mod verdict;

#[cfg(test)]
mod any_order;

use serde::{Deserialize, Serialize};

use super::id::Id;
use crate::base::clock::WallTime;

/// Who did something, where and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hand {
    /// The person; nobody at a seat that is open to all.
    pub person: Option<Id>,
    /// The seat.
    pub seat: String,
    /// When, by the seat's clock.
    pub at: WallTime,
}

/// How soon somebody has to answer. The order is that of the queue: the highest last.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    #[default]
    Low,
    /// Soon.
    Medium,
    /// At once, after what is critical.
    High,
    /// At once: somebody's life may hang on it.
    Critical,
}

impl Priority {
    /// All, the highest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// Its name in files and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// From its name in files.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.word() == word)
    }
}

/// What an alarm sounds like: each family is one auditory icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Somebody calls for help.
    Sos,
    /// A weapon.
    Weapon,
    /// A person who is looked for, or somebody where nobody may be.
    Person,
    /// An electronic bracelet.
    Bracelet,
    /// A vehicle or its plate.
    Vehicle,
    /// Something of our own is broken.
    Equipment,
}

impl Family {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Sos,
        Self::Weapon,
        Self::Person,
        Self::Bracelet,
        Self::Vehicle,
        Self::Equipment,
    ];

    /// Its name in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sos => "sos",
            Self::Weapon => "weapon",
            Self::Person => "person",
            Self::Bracelet => "bracelet",
            Self::Vehicle => "vehicle",
            Self::Equipment => "equipment",
        }
    }

    /// From its name in files.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.word() == word)
    }
}
