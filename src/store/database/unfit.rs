//! What cannot be kept, whoever says it.

use serde_json::Value;

use crate::model::act::{Act, LONGEST_BODY, LONGEST_DETAIL, LONGEST_NAME, MOST_CHANGES};
use crate::model::lawful::Unlawful;

/// Why an act cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A name is empty, too long, or holds what names do not.
    #[error("{what}: “{text}” is no name of 1 to {LONGEST_NAME} bytes without control characters")]
    Name {
        /// Which name.
        what: &'static str,
        /// Its first characters.
        text: String,
    },
    /// A text is too long.
    #[error("{what} has {bytes} bytes, {most} are allowed")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length, bytes.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// A text holds the character U+0000, which a PostgreSQL text cannot.
    #[error("{what} holds a zero character")]
    Zero {
        /// Which text.
        what: &'static str,
    },
    /// A record's body is no JSON object.
    #[error("the body of a record of kind “{kind}” is no JSON object")]
    NotJson {
        /// The record's kind.
        kind: String,
    },
    /// It changes too many records at once, or one twice.
    #[error("it changes {changes} records; at most {MOST_CHANGES}, each once, are allowed")]
    Changes {
        /// How many.
        changes: usize,
    },
    /// It is another centre's.
    #[error("it belongs to “{owner}”, not to “{centre}”")]
    Foreign {
        /// Who wants to change it.
        centre: String,
        /// Whose it is.
        owner: String,
    },
    /// The author may not do this.
    #[error("{author} may not do “{kind}”: {why}")]
    NotAllowed {
        /// Who.
        author: String,
        /// What.
        kind: String,
        /// Why.
        why: Unlawful,
    },
}

/// Whether an act can be kept.
///
/// # Errors
/// When it cannot: what and why.
pub(super) fn check(act: &Act) -> Result<(), Unfit> {
    name("kind", &act.kind)?;
    name("seat", &act.seat)?;
    name("centre", &act.centre)?;
    if let Some(about) = &act.about {
        text("about", about, LONGEST_DETAIL)?;
    }
    if !act.detail.is_empty() {
        let detail = serde_json::to_string(&act.detail).unwrap_or_default();
        text("detail", &detail, LONGEST_DETAIL)?;
        // In JSON's own writing a zero character is six others, which may also have been typed.
        if act.detail.iter().any(|(name, value)| has_zero(name, value)) {
            return Err(Unfit::Zero { what: "detail" });
        }
    }
    let mut keys: Vec<_> = act.changes.iter().map(|change| &change.key).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() != act.changes.len() || act.changes.len() > MOST_CHANGES {
        return Err(Unfit::Changes {
            changes: act.changes.len(),
        });
    }
    for change in &act.changes {
        name("kind of a record", &change.key.kind)?;
        let Some(body) = &change.body else { continue };
        text("body of a record", body, LONGEST_BODY)?;
        let object = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok()
            && body.trim_start().starts_with('{');
        if !object {
            return Err(Unfit::NotJson {
                kind: change.key.kind.clone(),
            });
        }
    }
    Ok(())
}

fn has_zero(name: &str, value: &Value) -> bool {
    name.contains('\0')
        || match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(all) => all.iter().any(|value| has_zero("", value)),
            Value::Object(all) => all.iter().any(|(name, value)| has_zero(name, value)),
            _ => false,
        }
}

fn name(what: &'static str, text: &str) -> Result<(), Unfit> {
    let fits = !text.trim().is_empty()
        && text.len() <= LONGEST_NAME
        && !text.chars().any(char::is_control);
    if fits {
        return Ok(());
    }
    Err(Unfit::Name {
        what,
        text: text
            .chars()
            .take(24)
            .flat_map(char::escape_default)
            .collect(),
    })
}

fn text(what: &'static str, text: &str, most: usize) -> Result<(), Unfit> {
    if text.len() > most {
        return Err(Unfit::TooLong {
            what,
            bytes: text.len(),
            most,
        });
    }
    if text.contains('\0') {
        return Err(Unfit::Zero { what });
    }
    Ok(())
}
