//! What the UI may read while it draws.

use std::time::Instant;

use super::state::State;
use crate::base::clock::WallTime;
use crate::words::Words;

/// Everything a view needs; nothing it could change.
#[derive(Clone, Copy)]
pub struct AppContext<'a> {
    /// The state.
    pub state: &'a State,
    /// The operator's language.
    pub words: Words,
    /// Now, the same for the whole frame.
    pub now: Instant,
    /// The same moment by the wall clock.
    pub wall: WallTime,
    /// The clock's text for the status line.
    pub clock: &'a str,
}
