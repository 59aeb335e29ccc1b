//! Several messages in one piece: a list, or one in each line.

use super::read::{event, whole};
use super::tree::{self, Tree};
use super::{OutsideEvent, Refusal};

/// The most events of one bundle.
pub const MOST_EVENTS: usize = 1000;

/// How a piece of bytes holds its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object, over one or more lines.
    One,
    /// A JSON array of objects.
    List,
    /// One object in each line (NDJSON); empty lines do not count.
    Lines,
}

/// The shape of `bytes`: a list when it begins as one; lines when more than one line holds something
/// and the first is a JSON value by itself; else one object.
pub fn shape(bytes: &[u8]) -> Shape {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Shape::List;
    }
    let mut lines = lines(bytes);
    let by_itself = |line| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    match (lines.next(), lines.next()) {
        (Some((_, first)), Some(_)) if by_itself(first) => Shape::Lines,
        _ => Shape::One,
    }
}

/// Lines that hold something, with their numbers from 1.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let numbered = bytes.split(|byte| *byte == b'\n').enumerate();
    numbered
        .map(|(index, line)| (index + 1, line.trim_ascii()))
        .filter(|(_, line)| !line.is_empty())
}

/// Reads one event, a list or lines. A list that is no JSON is refused as a whole; every line is
/// judged by itself. There is always at least one result where there is no error.
///
/// # Errors
/// When the whole is too long, of more than [`MOST_EVENTS`] events, empty, or a list that is damaged.
pub fn bundle(bytes: &[u8]) -> Result<Vec<Result<OutsideEvent, Refusal>>, Refusal> {
    let bytes = whole(bytes)?;
    let events: Vec<_> = match shape(bytes) {
        Shape::One => vec![OutsideEvent::parse(bytes)],
        Shape::Lines => {
            if lines(bytes).nth(MOST_EVENTS).is_some() {
                let reason = format!("expected at most {MOST_EVENTS} lines");
                return Err(Refusal::new("", reason));
            }
            lines(bytes)
                .map(|(number, line)| {
                    OutsideEvent::parse(line).map_err(|refusal| refusal.in_line(number))
                })
                .collect()
        }
        Shape::List => match tree::read(bytes)? {
            Tree::List(values) => {
                let numbered = values.into_iter().enumerate();
                numbered
                    .map(|(index, value)| event(&format!("/{index}"), value))
                    .collect()
            }
            other => vec![event("", other)],
        },
    };
    if events.is_empty() {
        return Err(Refusal::new("", "expected at least one event"));
    }
    Ok(events)
}
