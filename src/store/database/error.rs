//! Why the store cannot do something.

use std::io;
use std::path::Path;

use crate::words::Words;

/// Why the store cannot do something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room is left.
    #[error("{place}: the disk is full; nothing new is kept there until there is room")]
    Full {
        /// The file or the server.
        place: String,
    },
    /// It may not be written.
    #[error("{place}: cannot be written: {why}")]
    NotWritable {
        /// The file or the server.
        place: String,
        /// Why.
        why: String,
    },
    /// What lies there is damaged.
    #[error("{place}: is damaged ({why}); put a copy of it from before in its place")]
    Damaged {
        /// The file or the server.
        place: String,
        /// What was found.
        why: String,
    },
    /// What lies there is no store of this program.
    #[error("{place}: is no store of this program")]
    Foreign {
        /// The file or the server.
        place: String,
    },
    /// A newer program wrote it.
    #[error(
        "{place}: was written by a newer program (schema {found}; this one knows {known}); nothing was changed"
    )]
    Newer {
        /// The file or the server.
        place: String,
        /// Its schema.
        found: u32,
        /// The newest schema this program knows.
        known: u32,
    },
    /// Another program holds it.
    #[error("{place}: is held by another program")]
    Busy {
        /// The file or the server.
        place: String,
    },
    /// A store is to be restored where something is kept already.
    #[error("{place}: something is kept there already; a store is restored into an empty place")]
    NotEmpty {
        /// The file or the server.
        place: String,
    },
    /// The centre does not answer.
    #[error("{place}: cannot be reached: {why}")]
    Away {
        /// The server, without a password.
        place: String,
        /// Why.
        why: String,
    },
    /// The centre does not let this seat in, or not do this.
    #[error("{place}: refuses: {why}")]
    Refused {
        /// The server, without a password.
        place: String,
        /// What it said.
        why: String,
    },
    /// Its address cannot be understood.
    #[error("the store's address is not understood: {why}")]
    Address {
        /// What is wrong.
        why: String,
    },
    /// Anything else.
    #[error("{place}: {why}")]
    Engine {
        /// The file or the server.
        place: String,
        /// What was said.
        why: String,
    },
    /// The store's thread has ended.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        Self::NotWritable {
            place: path.display().to_string(),
            why: error.to_string(),
        }
    }

    /// In the reader's language. What a server or the system says of itself stays in its words.
    pub fn say(&self, words: Words) -> String {
        let place = |key, place: &str| words.with(key, &[("place", place.into())]);
        let why = |key, place: &str, why: &str| {
            words.with(key, &[("place", place.into()), ("why", why.into())])
        };
        match self {
            Self::Full { place: at } => place("store-full", at),
            Self::NotWritable { place, why: said } => why("store-not-writable", place, said),
            Self::Damaged { place, why: said } => why("store-damaged", place, said),
            Self::Foreign { place: at } => place("store-foreign", at),
            Self::Newer {
                place,
                found,
                known,
            } => words.with(
                "store-newer",
                &[
                    ("place", place.as_str().into()),
                    ("found", (*found).into()),
                    ("known", (*known).into()),
                ],
            ),
            Self::Busy { place: at } => place("store-busy", at),
            Self::NotEmpty { place: at } => place("store-not-empty", at),
            Self::Away { place, why: said } => why("store-away", place, said),
            Self::Refused { place, why: said } => why("store-refused", place, said),
            Self::Address { why: said } => why("store-address", "", said),
            Self::Engine { place, why: said } => why("store-engine", place, said),
            Self::Closed => words.get("store-closed").into_owned(),
        }
    }

    /// Whether it may be otherwise in a moment, without anybody's doing.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Full { .. } | Self::Busy { .. } | Self::Away { .. } | Self::NotWritable { .. }
        )
    }

    /// Whether the place is to blame and not what was to be kept there, so that it is worth keeping
    /// elsewhere until the place is well.
    pub(super) fn is_of_the_place(&self) -> bool {
        self.may_pass() || matches!(self, Self::Damaged { .. } | Self::Refused { .. })
    }
}
