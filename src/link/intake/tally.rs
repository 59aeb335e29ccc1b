//! How many events came in and what became of them.

use std::time::{Duration, Instant};

use super::{Answer, Way};
use crate::base::clock::WallTime;

/// What is not taken is written into the log no oftener than this; it is counted always.
const LOGGED_APART: Duration = Duration::from_secs(10);

/// Counts since the start.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Kept in the store.
    pub kept: u64,
    /// Told again, with the same content.
    pub repeats: u64,
    /// Told again with another content; the first stands.
    pub conflicts: u64,
    /// Not of the form, or of an unknown class.
    pub refused: u64,
    /// Sent back for want of room or of an answer.
    pub busy: u64,
    /// Requests without the token.
    pub without_token: u64,
    /// The last that was refused or in conflict.
    pub last_refusal: Option<LastRefusal>,
    logged: Option<Instant>,
}

/// The last event that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRefusal {
    /// When, by our clock.
    pub at: WallTime,
    /// Which way it came.
    pub way: Way,
    /// What is wrong with it, in English; it repeats no text of the message.
    pub why: String,
}

impl Tally {
    /// Counts one answer of the moment `at`, which is `now`.
    pub(super) fn count(&mut self, way: Way, answer: &Answer, at: WallTime, now: Instant) {
        let why = match answer {
            Answer::Kept(_) => return self.kept += 1,
            Answer::Repeat => return self.repeats += 1,
            Answer::Busy => return self.busy += 1,
            Answer::Conflict => {
                self.conflicts += 1;
                "another event was told under the same source and id".to_owned()
            }
            Answer::Refused(refusal) => {
                self.refused += 1;
                refusal.to_string()
            }
        };
        let due = |last: Instant| now.saturating_duration_since(last) >= LOGGED_APART;
        if self.logged.is_none_or(due) {
            self.logged = Some(now);
            let (refused, conflicts) = (self.refused, self.conflicts);
            tracing::warn!(
                way = way.word(),
                why,
                refused,
                conflicts,
                "an event is not taken"
            );
        }
        self.last_refusal = Some(LastRefusal { at, way, why });
    }
}
