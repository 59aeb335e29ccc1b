//! JSON as it was written: bounded in depth and width, with every name told once, and with the place
//! of whatever is wrong.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use super::refusal::{Refusal, harmless};

/// How deep values may lie in each other. An event in a list has four levels.
const DEEPEST: usize = 8;
/// The most members of one object. The largest object of the form has 32.
const MOST_MEMBERS: usize = 64;
/// The most values of one list.
const MOST_VALUES: usize = super::MOST_EVENTS;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Tree {
    /// What it is, for a sentence.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Flag(_) => "a truth value".to_owned(),
            Self::Number(number) => format!("the number {number}"),
            Self::Text(text) => format!("a text of {} characters", text.chars().count()),
            Self::List(list) => format!("a list of {}", list.len()),
            Self::Object(_) => "an object".to_owned(),
        }
    }
}

/// Where the reader is, and what it has against that.
#[derive(Default)]
struct Progress {
    path: RefCell<Vec<String>>,
    problem: RefCell<Option<String>>,
}

impl Progress {
    fn refuse<E: serde::de::Error>(&self, problem: String) -> E {
        *self.problem.borrow_mut() = Some(problem);
        E::custom("refused")
    }

    fn pointer(&self) -> String {
        let path = self.path.borrow();
        path.iter()
            .flat_map(|part| ["/".to_owned(), escaped(part)])
            .collect()
    }
}

/// A part of a JSON pointer (RFC 6901 section 3).
pub(super) fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Reads one value and nothing behind it.
///
/// # Errors
/// When the bytes are no UTF-8 or no JSON (RFC 8259), lie too deep, are too many, or name a member
/// twice.
pub(super) fn read(bytes: &[u8]) -> Result<Tree, Refusal> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Refusal::new(
            "",
            format!("expected UTF-8, and byte {at} (from 0) is none"),
        )
    })?;
    let progress = Progress::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let seed = Seed {
        progress: &progress,
        depth: 0,
    };
    let read = seed
        .deserialize(&mut reader)
        .and_then(|tree| reader.end().map(|()| tree));
    read.map_err(|error| {
        let reason = progress.problem.take().unwrap_or_else(|| {
            // Its own sentence ends with the line and the column.
            format!("expected JSON: {}", harmless(&error.to_string(), 160))
        });
        Refusal::new(&progress.pointer(), reason)
    })
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    progress: &'a Progress,
    depth: usize,
}

impl Seed<'_> {
    /// Down to `part`.
    fn down(self, part: String) -> Self {
        self.progress.path.borrow_mut().push(part);
        Self {
            depth: self.depth + 1,
            ..self
        }
    }

    /// Back from there; not called after a fault, so that the path shows where it is.
    fn up(self) {
        self.progress.path.borrow_mut().pop();
    }

    fn check_depth<E: serde::de::Error>(self) -> Result<(), E> {
        if self.depth >= DEEPEST {
            let problem = format!("expected at most {DEEPEST} values in each other");
            return Err(self.progress.refuse(problem));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Tree;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Tree, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number as f64))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Tree, E> {
        if !number.is_finite() {
            return Err(E::custom("a number out of range"));
        }
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Tree, A::Error> {
        self.check_depth()?;
        let mut list = Vec::new();
        loop {
            let inner = self.down(list.len().to_string());
            let Some(value) = values.next_element_seed(inner)? else {
                self.up();
                return Ok(Tree::List(list));
            };
            self.up();
            if list.len() == MOST_VALUES {
                let problem = format!("expected a list of at most {MOST_VALUES}");
                return Err(self.progress.refuse(problem));
            }
            list.push(value);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        self.check_depth()?;
        let mut object: Vec<(String, Tree)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            let inner = self.down(name.clone());
            if object.iter().any(|(other, _)| *other == name) {
                let problem = "expected each name once, and this is its second".to_owned();
                return Err(self.progress.refuse(problem));
            }
            let value = members.next_value_seed(inner)?;
            self.up();
            if object.len() == MOST_MEMBERS {
                let problem = format!("expected an object of at most {MOST_MEMBERS} members");
                return Err(self.progress.refuse(problem));
            }
            object.push((name, value));
        }
        Ok(Tree::Object(object))
    }
}
