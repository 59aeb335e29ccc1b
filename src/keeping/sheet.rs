//! What a backup's first and last lines say, and the lines between: one text for a backup in one file
//! and for an export in many.

use std::io::{BufRead, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::base::clock::WallTime;
use crate::store::database::keep::{About, Made};

/// The form of these lines; a program that knows only an older one refuses them.
pub(super) const FORMAT: u32 = 1;
/// What the first line says that it is.
const WHAT: &str = "store";
/// The longest line that is read, bytes: a record's body of 1 MiB, written as JSON within JSON.
const LONGEST: u64 = 8 << 20;

/// The first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// What this is.
    qyran: String,
    /// See [`FORMAT`].
    format: u32,
    /// The store's identity.
    pub store: String,
    /// The origin of its log, as checkpoints name it.
    origin: String,
    /// When it was read, microseconds of UTC.
    pub at: i64,
    /// Which engine it was read from.
    engine: String,
    /// The step of that engine's schema.
    schema: u32,
    /// The version of the program that wrote this.
    program: String,
    /// Lines of the log.
    pub size: u64,
    /// The root of the tree over them; empty where the store's head could not be read.
    root: String,
    /// The right edge of that tree, base64.
    edge: String,
}

/// Only what says whether the rest can be understood.
#[derive(Deserialize)]
struct First {
    qyran: String,
    format: u32,
}

impl Header {
    pub(super) fn new(about: &About, at: WallTime) -> Self {
        Self {
            qyran: WHAT.to_owned(),
            format: FORMAT,
            store: about.store.clone(),
            origin: crate::store::log::checkpoint::origin(&about.store),
            at: at.micros(),
            engine: about.engine.to_owned(),
            schema: about.schema,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            size: about.size,
            root: about
                .head()
                .map_or_else(String::new, |edge| edge.root().to_string()),
            edge: BASE64.encode(&about.edge),
        }
    }

    pub(super) fn parse(place: &str, text: &str) -> Result<Self, Fault> {
        let foreign = || Fault::Foreign {
            place: place.to_owned(),
        };
        // A newer one may have fields that this program does not know.
        let first: First = serde_json::from_str(text).map_err(|_not_ours| foreign())?;
        if first.qyran != WHAT || first.format == 0 {
            return Err(foreign());
        }
        if first.format > FORMAT {
            return Err(Fault::Newer {
                place: place.to_owned(),
                found: first.format,
                known: FORMAT,
            });
        }
        parse(place, 1, text)
    }

    /// As the store said it of itself.
    pub(super) fn about(&self, place: &str) -> Result<About, Fault> {
        let edge = BASE64.decode(&self.edge).map_err(|error| Fault::Line {
            place: place.to_owned(),
            line: 1,
            why: error.to_string(),
        })?;
        Ok(About {
            place: place.to_owned(),
            engine: if self.engine == "sqlite" {
                "sqlite"
            } else {
                "postgresql"
            },
            schema: self.schema,
            store: self.store.clone(),
            size: self.size,
            edge,
        })
    }
}

/// What all lines before it are, in between.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sum {
    /// SHA-256 of every byte before this line.
    pub sum: String,
}

/// The last line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// How many of each there were.
    pub end: Made,
    /// SHA-256 of every byte before this line.
    pub sum: String,
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(
    place: &str,
    line: u64,
    text: &str,
) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Line {
        place: place.to_owned(),
        line,
        why: error.to_string(),
    })
}

/// The lines of a file, each with its end.
pub(super) struct Lines<R> {
    place: String,
    from: R,
    /// Whole lines so far.
    pub line: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(place: String, from: R) -> Self {
        Self {
            place,
            from,
            line: 0,
            bytes: Vec::new(),
        }
    }

    /// The next line with its end; nothing behind the last. One without an end is an early end.
    pub(super) fn next(&mut self) -> Result<Option<&str>, Fault> {
        self.bytes.clear();
        (&mut self.from)
            .take(LONGEST)
            .read_until(b'\n', &mut self.bytes)
            .map_err(|source| Fault::io(&self.place, source))?;
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let line = self.line + 1;
        if self.bytes.last() != Some(&b'\n') {
            if self.bytes.len() as u64 == LONGEST {
                return Err(Fault::Line {
                    place: self.place.clone(),
                    line,
                    why: format!("longer than {LONGEST} bytes"),
                });
            }
            return Err(Fault::Short {
                place: self.place.clone(),
                line: self.line,
            });
        }
        self.line = line;
        let text = std::str::from_utf8(&self.bytes).map_err(|error| Fault::Line {
            place: self.place.clone(),
            line,
            why: error.to_string(),
        })?;
        Ok(Some(text))
    }
}
