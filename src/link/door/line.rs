//! One line of an adapter.

use serde::Deserialize;

use crate::base::clock::WallTime;

/// The longest line, bytes; a longer one ends the connection.
pub const LONGEST_LINE: usize = 4096;
/// An event that is older, or lies further ahead, is refused: a door that was cut off must not sign in
/// in the evening whoever came in the morning. Seconds.
pub const MOST_CLOCK_DIFFERENCE_S: i64 = 60;
/// The longest badge, login or seat, bytes.
const LONGEST_NAME: usize = 256;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// The person is at the seat.
    Arrived,
    /// The person went.
    Left,
}

/// What the door says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorEvent {
    /// Badge or login.
    pub person: String,
    /// The seat, which is this one.
    pub seat: String,
    /// What happened.
    pub event: What,
    /// When, by the door's clock.
    pub at: WallTime,
}

/// A line is no event of this seat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// No JSON of the right shape; the text is not repeated, for it may hold a badge.
    #[error("not as described: column {column}")]
    Shape {
        /// Where, from 1.
        column: usize,
    },
    /// An empty or too long name, or one with controls.
    #[error("`{0}` is empty, too long or has control characters")]
    Name(&'static str),
    /// No time.
    #[error("`at` is no time as in 2026-03-01T08:00:00Z")]
    Time,
    /// Another seat's.
    #[error("another seat")]
    Seat,
    /// Too long ago, or ahead.
    #[error("`at` differs from this seat's clock by {seconds} s")]
    Clock {
        /// How much earlier it is; negative when ahead.
        seconds: i64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    #[serde(borrow)]
    person: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    seat: std::borrow::Cow<'a, str>,
    event: What,
    #[serde(borrow)]
    at: std::borrow::Cow<'a, str>,
}

/// Reads one line for the seat `seat` at `now`.
///
/// # Errors
/// What is wrong with it.
pub fn event(line: &[u8], seat: &str, now: WallTime) -> Result<DoorEvent, LineProblem> {
    let wire: Wire<'_> = serde_json::from_slice(line).map_err(|error| LineProblem::Shape {
        column: error.column(),
    })?;
    for (name, text) in [("person", &wire.person), ("seat", &wire.seat)] {
        if text.is_empty() || text.len() > LONGEST_NAME || text.chars().any(char::is_control) {
            return Err(LineProblem::Name(name));
        }
    }
    let at: jiff::Timestamp = wire.at.parse().map_err(|_shape| LineProblem::Time)?;
    let nanos = i64::try_from(at.as_nanosecond()).map_err(|_range| LineProblem::Time)?;
    if wire.seat != seat {
        return Err(LineProblem::Seat);
    }
    let at = WallTime(nanos);
    let seconds = now.nanos_since(at) / 1_000_000_000;
    if seconds.abs() > MOST_CLOCK_DIFFERENCE_S {
        return Err(LineProblem::Clock { seconds });
    }
    Ok(DoorEvent {
        person: wire.person.into_owned(),
        seat: wire.seat.into_owned(),
        event: wire.event,
        at,
    })
}
