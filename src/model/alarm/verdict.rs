//! What somebody found an alarm to be.

use serde::{Deserialize, Serialize};

use super::Hand;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It is what it says.
    Real,
    /// It is there, and threatens nobody; or it is not there at all.
    NoThreat,
    /// A dummy, a lesson, a drill.
    TrainingAid,
    /// Somebody else has to look: it goes to the supervisor's list.
    Unsure,
}

impl Judgement {
    /// All, in the order of their keys.
    pub const ALL: [Self; 4] = [Self::Real, Self::NoThreat, Self::TrainingAid, Self::Unsure];

    /// Its name in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Real => "real",
            Self::NoThreat => "no_threat",
            Self::TrainingAid => "training_aid",
            Self::Unsure => "unsure",
        }
    }

    /// From its name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Real => "verdict-real",
            Self::NoThreat => "verdict-no-threat",
            Self::TrainingAid => "verdict-training-aid",
            Self::Unsure => "verdict-unsure",
        }
    }

    /// Whether it settles the alarm.
    pub fn settles(self) -> bool {
        self != Self::Unsure
    }
}

/// A judgement, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was found.
    pub found: Judgement,
    /// By whom and when.
    pub by: Hand,
    /// In the words of who judged; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}
