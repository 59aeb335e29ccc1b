//! The key that a seat signs the log with, as others know it.

use serde::{Deserialize, Serialize};

use super::act::Record;

/// The public key of a seat. One that was registered stays: what it signed is checked with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatKey {
    /// The seat.
    pub seat: String,
    /// A verifier key in the text form of C2SP signed-note.
    pub key: String,
}

impl Record for SeatKey {
    const KIND: &'static str = "seat-key";
}
