//! Who sits at the seat.

use crate::base::clock::WallTime;
use crate::model::id::Id;

/// Who sits at the seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// Whoever comes may do everything: measurements, trials, a wall without people.
    OpenToAll,
    /// Nobody.
    Nobody(Panel),
    /// Somebody.
    In {
        /// Who.
        person: Id,
        /// Since when, by the store's clock.
        since: WallTime,
        /// A new PIN must be chosen before anything else.
        must_change: Option<Panel>,
    },
    /// Somebody who has locked it.
    Locked {
        /// Who.
        person: Id,
        /// Since when.
        since: WallTime,
        /// What is said to whoever tries.
        panel: Panel,
    },
}

/// What the panel for signing in says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panel {
    /// A try is being looked at.
    pub busy: bool,
    /// What became of the last one.
    pub said: Option<String>,
    /// Counts the tries, so that the fields are emptied after each.
    pub tries: u32,
}

impl Session {
    /// Whoever sits there unlocked, and has a PIN of their own.
    pub fn person(&self) -> Option<Id> {
        match self {
            Self::In {
                person,
                must_change: None,
                ..
            } => Some(*person),
            _ => None,
        }
    }

    /// Whoever is meant to sit there, unlocked or not.
    pub fn holder(&self) -> Option<Id> {
        match self {
            Self::In { person, .. } | Self::Locked { person, .. } => Some(*person),
            Self::OpenToAll | Self::Nobody(_) => None,
        }
    }

    /// Whether the wall may be operated.
    pub fn is_operated(&self) -> bool {
        matches!(self, Self::OpenToAll) || self.person().is_some()
    }

    /// The panel that is shown, if one is.
    pub fn panel(&self) -> Option<&Panel> {
        match self {
            Self::Nobody(panel) | Self::Locked { panel, .. } => Some(panel),
            Self::In { must_change, .. } => must_change.as_ref(),
            Self::OpenToAll => None,
        }
    }

    /// The same to be changed.
    pub fn panel_mut(&mut self) -> Option<&mut Panel> {
        match self {
            Self::Nobody(panel) | Self::Locked { panel, .. } => Some(panel),
            Self::In { must_change, .. } => must_change.as_mut(),
            Self::OpenToAll => None,
        }
    }
}
