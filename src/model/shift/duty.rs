//! Where acts on what one person holds meet.
//!
//! Whoever changes what a person holds, or whether the person may go on a break, writes the person's
//! duty record too. Two such acts, drawn up at two seats that do not know of each other, expect the
//! same version of it, and the store takes one of them.

use serde::{Deserialize, Serialize};

use super::Known;
use crate::model::act::{Draft, Record};
use crate::model::id::Id;

/// What moves on with every act on what a person holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Whose.
    pub person: Id,
    /// How many acts there were; starts again when it is full.
    pub acts: u32,
}

impl Record for Duty {
    const KIND: &'static str = "duty";
}

/// The identity of the duty of `person` in `centre`.
pub fn id(person: Id, centre: &str) -> Id {
    named(&format!("duty {person} {centre}"))
}

/// An identity made from a name.
pub(super) fn named(name: &str) -> Id {
    Id::named(name)
}

/// The draft with the duty of `person` in `centre` moved on, once.
pub(super) fn moving(known: &Known<'_>, draft: Draft, centre: &str, person: Id) -> Draft {
    let id = id(person, centre);
    if draft.changes.iter().any(|change| change.key.id == id) {
        return draft;
    }
    let before = known.duties.iter().find(|duty| duty.id == id);
    let acts = before.map_or(0, |duty| duty.value.acts).wrapping_add(1);
    let version = before.map_or(0, |duty| duty.version);
    draft.put(id, version, &Duty { person, acts })
}
