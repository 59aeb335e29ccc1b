//! That a store was restored: seats which know it from before must hear of it.

use crate::base::clock::WallTime;
use crate::model::id::Id;

/// The name of the note in the store that says so.
pub(in crate::store::database) const RESTORED: &str = "restored";

/// A store was restored from a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Which time: each restoring has its own.
    pub id: Id,
    /// Lines of the log that the backup holds.
    pub size: u64,
    /// When.
    pub at: WallTime,
}

impl Restored {
    /// As it is noted.
    pub fn to_text(&self) -> String {
        format!("{} {} {}", self.id, self.size, self.at.micros())
    }

    /// As it was noted; nothing where that is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let read = Self {
            id: words.next()?.parse().ok()?,
            size: words.next()?.parse().ok()?,
            at: WallTime::from_micros(words.next()?.parse().ok()?),
        };
        words.next().is_none().then_some(read)
    }
}
