//! The kinds of rules, and what each takes where the rule itself says nothing.

use serde::{Deserialize, Serialize};

use super::Confirm;

/// What a rule notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Somebody enters a zone.
    Zone,
    /// Somebody crosses a line.
    Line,
    /// How many cross a line; no facts, figures only.
    Counting,
    /// Somebody stays in a zone for long.
    Dwell,
    /// How many are in a zone.
    Count,
    /// Too many are in a zone.
    Crowd,
    /// Somebody moves against the allowed direction.
    WrongWay,
    /// An object stays and its person goes.
    Left,
    /// A thing that stood there is gone.
    Removed,
    /// An object appears behind somebody who walks on.
    Litter,
    /// A vehicle does not let a person pass.
    Yield,
    /// Somebody is where nobody may be at this time.
    Closed,
    /// A vehicle stands where none may.
    Stopped,
    /// A blade or another weapon that the model knows.
    Blade,
}

/// Classes that move by themselves on wheels.
pub const VEHICLES: [&str; 4] = ["car", "truck", "bus", "motorcycle"];
/// The class of people.
pub const PERSON: &str = "person";
/// What people carry and leave.
pub const BAGGAGE: [&str; 3] = ["backpack", "handbag", "suitcase"];
/// What people drop.
pub const RUBBISH: [&str; 2] = ["bottle", "cup"];
/// What stands parked.
pub const PARKED: [&str; 6] = ["bicycle", "car", "truck", "bus", "motorcycle", "suitcase"];
/// What wounds.
pub const WEAPONS: [&str; 3] = ["knife", "baseball bat", "scissors"];

impl Kind {
    /// All, in the order of the editor's list.
    pub const ALL: [Self; 14] = [
        Self::Zone,
        Self::Line,
        Self::Counting,
        Self::Dwell,
        Self::Count,
        Self::Crowd,
        Self::WrongWay,
        Self::Left,
        Self::Removed,
        Self::Litter,
        Self::Yield,
        Self::Closed,
        Self::Stopped,
        Self::Blade,
    ];

    /// Its name in files and records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Zone => "zone",
            Self::Line => "line",
            Self::Counting => "counting",
            Self::Dwell => "dwell",
            Self::Count => "count",
            Self::Crowd => "crowd",
            Self::WrongWay => "wrong_way",
            Self::Left => "left",
            Self::Removed => "removed",
            Self::Litter => "litter",
            Self::Yield => "yield",
            Self::Closed => "closed",
            Self::Stopped => "stopped",
            Self::Blade => "blade",
        }
    }

    /// From its name in files.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The key of the rule's words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Zone => "rule-zone",
            Self::Line => "rule-line",
            Self::Counting => "rule-counting",
            Self::Dwell => "rule-dwell",
            Self::Count => "rule-count",
            Self::Crowd => "rule-crowd",
            Self::WrongWay => "rule-wrong-way",
            Self::Left => "rule-left",
            Self::Removed => "rule-removed",
            Self::Litter => "rule-litter",
            Self::Yield => "rule-yield",
            Self::Closed => "rule-closed",
            Self::Stopped => "rule-stopped",
            Self::Blade => "rule-blade",
        }
    }

    /// The key of the words for what it noticed.
    pub fn fact_key(self) -> &'static str {
        match self {
            Self::Zone => "fact-zone",
            Self::Line => "fact-line",
            Self::Counting => "fact-counting",
            Self::Dwell => "fact-dwell",
            Self::Count => "fact-count",
            Self::Crowd => "fact-crowd",
            Self::WrongWay => "fact-wrong-way",
            Self::Left => "fact-left",
            Self::Removed => "fact-removed",
            Self::Litter => "fact-litter",
            Self::Yield => "fact-yield",
            Self::Closed => "fact-closed",
            Self::Stopped => "fact-stopped",
            Self::Blade => "fact-blade",
        }
    }

    /// The fields of `what` in files, besides `kind`: those that must be there, and those that may.
    pub fn fields(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Zone | Self::Count | Self::Closed | Self::Blade => (&["zone"], &[]),
            Self::Line => (&["line"], &["direction"]),
            Self::Counting => (&["line"], &[]),
            Self::Dwell | Self::Stopped | Self::Left | Self::Removed | Self::Litter => {
                (&["zone", "seconds"], &[])
            }
            Self::Crowd => (&["zone", "over", "seconds"], &[]),
            Self::WrongWay => (&["way"], &[]),
            Self::Yield => (&["zone", "line"], &["direction"]),
        }
    }

    /// The classes that it looks at where the rule names none.
    pub fn classes(self) -> Vec<&'static str> {
        match self {
            Self::Zone | Self::Dwell | Self::Count | Self::Crowd | Self::Closed => vec![PERSON],
            Self::Line | Self::Counting => [&[PERSON, "bicycle"][..], &VEHICLES].concat(),
            Self::WrongWay | Self::Yield | Self::Stopped => VEHICLES.to_vec(),
            Self::Left => BAGGAGE.to_vec(),
            Self::Removed => PARKED.to_vec(),
            Self::Litter => [&RUBBISH[..], &BAGGAGE].concat(),
            Self::Blade => WEAPONS.to_vec(),
        }
    }

    /// How many looks and seconds must agree where the rule does not say.
    pub fn confirm(self) -> Confirm {
        let looks = match self {
            Self::Line | Self::Counting | Self::Yield | Self::WrongWay => 1,
            _ => 2,
        };
        Confirm {
            looks,
            seconds: 0.0,
        }
    }

    /// How often it wants to look where the rule does not say, looks a second.
    pub fn looks_per_s(self) -> f32 {
        match self {
            Self::Line | Self::Counting | Self::Yield | Self::WrongWay => 5.0,
            Self::Zone | Self::Closed | Self::Blade | Self::Litter => 1.0,
            Self::Dwell
            | Self::Count
            | Self::Crowd
            | Self::Left
            | Self::Removed
            | Self::Stopped => 0.34,
        }
    }

    /// For how many seconds the same thing is not said again where the rule does not say.
    pub fn cooldown_s(self) -> f32 {
        match self {
            Self::Line | Self::Counting | Self::WrongWay | Self::Yield => 5.0,
            Self::Zone | Self::Closed | Self::Count => 10.0,
            Self::Dwell | Self::Crowd | Self::Blade => 30.0,
            Self::Left | Self::Removed | Self::Litter | Self::Stopped => 120.0,
        }
    }

    /// Whether a fact of it goes on and ends, or is over as it happens.
    pub fn lasts(self) -> bool {
        !matches!(
            self,
            Self::Line
                | Self::Counting
                | Self::WrongWay
                | Self::Yield
                | Self::Removed
                | Self::Litter
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Words};

    #[test]
    fn kinds_have_words() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_word(kind.word()), Some(kind));
            let json = serde_json::to_string(&kind).expect("JSON");
            assert_eq!(json, format!("\"{}\"", kind.word()));
            for language in Language::ALL {
                for key in [kind.key(), kind.fact_key()] {
                    assert!(Words::new(language).has(key), "{key} in {}", language.tag());
                }
            }
        }
        assert_eq!(Kind::from_word("Zone"), None);
    }
}
