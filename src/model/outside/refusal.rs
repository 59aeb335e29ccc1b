//! Why a message is not taken: where it is wrong and what was expected there.

use std::fmt;

/// A message is not of the form. It repeats nothing of the message but names of fields, numbers and
/// keys: texts may name people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The line of the bundle, from 1, where it is a bundle of lines.
    pub line: Option<usize>,
    /// Where: a JSON pointer (RFC 6901); empty for the message as a whole. At most
    /// [`Self::LONGEST_POINTER`] characters.
    pub pointer: String,
    /// What was expected there, and what stands there instead, in English.
    pub reason: String,
}

impl Refusal {
    /// The longest pointer that is told, characters.
    pub const LONGEST_POINTER: usize = 160;

    /// At `pointer`, since `reason`.
    pub fn new(pointer: &str, reason: impl Into<String>) -> Self {
        Self {
            line: None,
            pointer: harmless(pointer, Self::LONGEST_POINTER),
            reason: reason.into(),
        }
    }

    /// The same in line `line` of a bundle.
    pub(super) fn in_line(self, line: usize) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}, ")?;
        }
        if self.pointer.is_empty() {
            write!(f, "the message: {}", self.reason)
        } else {
            write!(f, "{}: {}", self.pointer, self.reason)
        }
    }
}

/// `text` for a sentence: what cannot be seen is escaped, and it is at most `most` characters.
pub(super) fn harmless(text: &str, most: usize) -> String {
    let escaped = text.chars().flat_map(|c| {
        let plain = c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric();
        let escape = (!plain).then(|| c.escape_unicode());
        plain
            .then_some(c)
            .into_iter()
            .chain(escape.into_iter().flatten())
    });
    let mut short: String = escaped.take(most + 1).collect();
    if let Some((at, _)) = short.char_indices().nth(most) {
        short.truncate(short.char_indices().nth(most - 1).map_or(at, |(at, _)| at));
        short.push('…');
    }
    short
}
