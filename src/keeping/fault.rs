//! What is wrong with a backup or an export, and where.

use std::io;

use crate::store::database::StoreError;
use crate::words::Words;

/// Why a backup cannot be written, or not be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system.
    #[error("{place}: {source}")]
    Io {
        /// The file.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// Something has that name already.
    #[error("{place} is there already")]
    There {
        /// The file or folder.
        place: String,
    },
    /// No backup of this program.
    #[error("{place} is no backup of this program")]
    Foreign {
        /// The file.
        place: String,
    },
    /// A newer program wrote it.
    #[error("{place} is of a newer program (format {found}; this one knows {known})")]
    Newer {
        /// The file.
        place: String,
        /// Its format.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// A line is not what was written.
    #[error("{place} is damaged at line {line}: {why}")]
    Line {
        /// The file.
        place: String,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// Among some lines something is not what was written.
    #[error("{place} is damaged among lines {from} to {to}")]
    Block {
        /// The file.
        place: String,
        /// The first line that it can be, from 1.
        from: u64,
        /// The last.
        to: u64,
    },
    /// It ends too early.
    #[error("{place} ends too early, behind line {line}")]
    Short {
        /// The file.
        place: String,
        /// The last whole line.
        line: u64,
    },
    /// Something stands behind its end.
    #[error("{place} goes on behind its end, at line {line}")]
    Long {
        /// The file.
        place: String,
        /// The line.
        line: u64,
    },
    /// A file of an export is missing, or lies there and is not named.
    #[error("{place} does not belong to what was exported, or is missing")]
    Files {
        /// The file.
        place: String,
    },
}

impl Fault {
    pub(super) fn io(place: impl std::fmt::Display, source: io::Error) -> Self {
        Self::Io {
            place: place.to_string(),
            source,
        }
    }

    /// For an administrator.
    pub fn say(&self, words: Words) -> String {
        match self {
            // The store's own words; the seats show them too.
            Self::Store(error) => error.to_string(),
            Self::Io { .. } => self.to_string(),
            Self::There { place } => words.with("keep-there", &[("place", place.as_str().into())]),
            Self::Foreign { place } => {
                words.with("keep-foreign", &[("place", place.as_str().into())])
            }
            Self::Newer {
                place,
                found,
                known,
            } => words.with(
                "keep-newer",
                &[
                    ("place", place.as_str().into()),
                    ("found", (*found).into()),
                    ("known", (*known).into()),
                ],
            ),
            Self::Line { place, line, why } => words.with(
                "keep-line",
                &[
                    ("place", place.as_str().into()),
                    ("line", (*line).into()),
                    ("why", why.as_str().into()),
                ],
            ),
            Self::Block { place, from, to } => words.with(
                "keep-block",
                &[
                    ("place", place.as_str().into()),
                    ("from", (*from).into()),
                    ("to", (*to).into()),
                ],
            ),
            Self::Short { place, line } => words.with(
                "keep-short",
                &[("place", place.as_str().into()), ("line", (*line).into())],
            ),
            Self::Long { place, line } => words.with(
                "keep-long",
                &[("place", place.as_str().into()), ("line", (*line).into())],
            ),
            Self::Files { place } => words.with("keep-files", &[("place", place.as_str().into())]),
        }
    }
}
