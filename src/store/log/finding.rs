//! What a check of the log finds, and how an auditor is told.

use super::note::Malformed;
use super::verify::MOST_FINDINGS;
use crate::model::id::Id;
use crate::words::Words;

/// Where a checkpoint is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Beside the log.
    Store,
    /// At a second place, by its name.
    Witness(String),
}

impl Place {
    fn say(&self, words: Words) -> String {
        match self {
            Self::Store => words.get("log-place-store").into_owned(),
            Self::Witness(name) => {
                words.with("log-place-witness", &[("name", name.as_str().into())])
            }
        }
    }
}

/// One thing that is not as it should be. Lines count from 0, ranges name their first and their last
/// line, and a size is a number of lines from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// The line and the hash that is kept beside it do not belong together.
    Changed {
        /// The line.
        index: u64,
    },
    /// Lines are not there.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// There is another line with this place.
    Doubled {
        /// The place.
        index: u64,
    },
    /// An act that is in the log already stands there again.
    Repeated {
        /// The line.
        index: u64,
        /// The line that has it first.
        first: u64,
    },
    /// Lines say that they belong elsewhere.
    Moved {
        /// The first of them.
        from: u64,
        /// The last; what they say differs from where they are by the same number.
        to: u64,
        /// The place that the first says it has.
        says: u64,
    },
    /// The line does not begin as lines do.
    Unreadable {
        /// The line.
        index: u64,
    },
    /// Among these lines something was changed, left out or put in, and hashes were made to fit; the
    /// signed root knows of it.
    RootDiffers {
        /// The first that it can be: all before agree with a signed root.
        from: u64,
        /// The last that it can be.
        to: u64,
        /// Whose checkpoint shows it.
        key: String,
        /// Where that is kept.
        place: Place,
    },
    /// A checkpoint, signed by a known key, belongs to another past of this log.
    NotExtension {
        /// Its size.
        size: u64,
        /// The first line that can be another in it.
        from: u64,
        /// Who signed it.
        key: String,
        /// Where it is kept.
        place: Place,
    },
    /// Signatures that carry a known key's name are not that key's.
    SignatureBad {
        /// The size of the first such checkpoint.
        size: u64,
        /// The size of the last.
        last: u64,
        /// How many.
        count: u64,
        /// The key whose name they carry.
        key: String,
        /// Where they are kept.
        place: Place,
    },
    /// Checkpoints that no known key signed.
    UnknownKey {
        /// The size of the first.
        size: u64,
        /// The size of the last.
        last: u64,
        /// How many.
        count: u64,
        /// The name that they carry.
        key: String,
        /// Where they are kept.
        place: Place,
    },
    /// A checkpoint cannot be read.
    CheckpointUnreadable {
        /// The size under which it is kept, where there is one.
        size: Option<u64>,
        /// Where.
        place: Place,
        /// Why.
        why: Malformed,
    },
    /// A checkpoint is kept under another size than it has.
    CheckpointMoved {
        /// Under which.
        size: u64,
        /// What it says.
        says: u64,
    },
    /// A checkpoint is of another log.
    OtherLog {
        /// Of which.
        origin: String,
        /// Where it is kept.
        place: Place,
    },
    /// A known key signed that there were more lines than there are.
    RolledBack {
        /// Lines that there were.
        known: u64,
        /// Lines that there are.
        is: u64,
        /// Who signed.
        key: String,
        /// Where that is kept.
        place: Place,
    },
    /// What the store keeps as the right edge of the log is not that of these lines.
    HeadDiffers {
        /// Lines that it says there are.
        says: u64,
        /// Lines that there are.
        is: u64,
        /// Where the difference lies, as far as it tells: the first line and the last.
        within: Option<(u64, u64)>,
    },
    /// What the store keeps as the right edge is none.
    HeadUnreadable,
    /// No known key signed what stands there: it agrees with itself, and more is not known.
    Unsigned {
        /// The first such line.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A record is not as the log says.
    RecordDiffers {
        /// Its kind.
        kind: String,
        /// Which.
        id: Id,
        /// The line that wrote it last.
        line: u64,
    },
    /// A record that the log wrote is not there.
    RecordMissing {
        /// Its kind.
        kind: String,
        /// Which.
        id: Id,
        /// The line that wrote it last.
        line: u64,
    },
    /// No line wrote this record.
    RecordUnknown {
        /// Its kind.
        kind: String,
        /// Which.
        id: Id,
    },
}

impl Finding {
    /// The record that it is about.
    pub(super) fn record(&self) -> Option<(&str, Id)> {
        match self {
            Self::RecordDiffers { kind, id, .. }
            | Self::RecordMissing { kind, id, .. }
            | Self::RecordUnknown { kind, id } => Some((kind, *id)),
            _ => None,
        }
    }

    /// The first line that it throws doubt on; nothing where it is about signatures only.
    pub(super) fn doubts_from(&self) -> Option<u64> {
        match self {
            Self::Changed { index }
            | Self::Doubled { index }
            | Self::Repeated { index, .. }
            | Self::Unreadable { index } => Some(*index),
            Self::Missing { from, .. }
            | Self::Moved { from, .. }
            | Self::RootDiffers { from, .. }
            | Self::NotExtension { from, .. }
            | Self::Unsigned { from, .. } => Some(*from),
            Self::RolledBack { is, .. } => Some(*is),
            Self::HeadDiffers { says, is, within } => {
                let from = (*says).min(*is);
                Some(within.map_or(from, |(first, _)| first.min(from)))
            }
            Self::SignatureBad { .. }
            | Self::UnknownKey { .. }
            | Self::CheckpointUnreadable { .. }
            | Self::CheckpointMoved { .. }
            | Self::OtherLog { .. }
            | Self::HeadUnreadable
            | Self::RecordDiffers { .. }
            | Self::RecordMissing { .. }
            | Self::RecordUnknown { .. } => None,
        }
    }

    /// For an auditor: what, and where.
    pub fn say(&self, words: Words) -> String {
        let index = |key, index: u64| words.with(key, &[("index", index.into())]);
        let range =
            |key, from: u64, to: u64| words.with(key, &[("from", from.into()), ("to", to.into())]);
        match self {
            Self::Changed { index: at } => index("log-changed", *at),
            Self::Missing { from, to } if from == to => index("log-missing-one", *from),
            Self::Missing { from, to } => range("log-missing", *from, *to),
            Self::Doubled { index: at } => index("log-doubled", *at),
            Self::Repeated { index, first } => words.with(
                "log-repeated",
                &[("index", (*index).into()), ("first", (*first).into())],
            ),
            Self::Moved { from, to, says } => words.with(
                "log-moved",
                &[
                    ("from", (*from).into()),
                    ("to", (*to).into()),
                    ("says", (*says).into()),
                ],
            ),
            Self::Unreadable { index: at } => index("log-unreadable", *at),
            Self::RootDiffers {
                from,
                to,
                key,
                place,
            } => words.with(
                "log-root-differs",
                &[
                    ("from", (*from).into()),
                    ("to", (*to).into()),
                    ("key", key.as_str().into()),
                    ("place", place.say(words).into()),
                ],
            ),
            Self::NotExtension {
                size,
                from,
                key,
                place,
            } => words.with(
                "log-not-extension",
                &[
                    ("size", (*size).into()),
                    ("from", (*from).into()),
                    ("key", key.as_str().into()),
                    ("place", place.say(words).into()),
                ],
            ),
            Self::SignatureBad {
                size,
                last,
                count,
                key,
                place,
            } => signatures(words, "log-signature-bad", [size, last, count], key, place),
            Self::UnknownKey {
                size,
                last,
                count,
                key,
                place,
            } => signatures(words, "log-unknown-key", [size, last, count], key, place),
            // Why is for the technician's log; the auditor learns where.
            Self::CheckpointUnreadable { size, place, .. } => {
                let place = ("place", place.say(words).into());
                match size {
                    Some(size) => words.with(
                        "log-checkpoint-unreadable",
                        &[("size", (*size).into()), place],
                    ),
                    None => words.with("log-checkpoint-unreadable-some", &[place]),
                }
            }
            Self::CheckpointMoved { size, says } => words.with(
                "log-checkpoint-moved",
                &[("size", (*size).into()), ("says", (*says).into())],
            ),
            Self::OtherLog { origin, place } => words.with(
                "log-other-log",
                &[
                    ("origin", origin.as_str().into()),
                    ("place", place.say(words).into()),
                ],
            ),
            Self::RolledBack {
                known,
                is,
                key,
                place,
            } => words.with(
                "log-rolled-back",
                &[
                    ("known", (*known).into()),
                    ("is", (*is).into()),
                    ("key", key.as_str().into()),
                    ("place", place.say(words).into()),
                ],
            ),
            Self::HeadDiffers {
                says,
                is,
                within: None,
            } => words.with(
                "log-head-differs",
                &[("says", (*says).into()), ("is", (*is).into())],
            ),
            Self::HeadDiffers {
                within: Some((from, to)),
                ..
            } => range("log-head-differs-within", *from, *to),
            Self::HeadUnreadable => words.get("log-head-unreadable").into_owned(),
            Self::RecordDiffers { kind, id, line } => {
                record(words, "log-record-differs", kind, *id, Some(*line))
            }
            Self::RecordMissing { kind, id, line } => {
                record(words, "log-record-missing", kind, *id, Some(*line))
            }
            Self::RecordUnknown { kind, id } => {
                record(words, "log-record-unknown", kind, *id, None)
            }
            Self::Unsigned { from, to } => range("log-unsigned", *from, *to),
        }
    }
}

fn signatures(
    words: Words,
    key_of_words: &str,
    [size, last, count]: [&u64; 3],
    key: &str,
    place: &Place,
) -> String {
    words.with(
        key_of_words,
        &[
            ("size", (*size).into()),
            ("last", (*last).into()),
            ("count", (*count).into()),
            ("key", key.into()),
            ("place", place.say(words).into()),
        ],
    )
}

fn record(words: Words, text: &'static str, kind: &str, id: Id, line: Option<u64>) -> String {
    words.with(
        text,
        &[
            ("kind", kind.into()),
            ("id", id.to_string().into()),
            ("index", line.unwrap_or_default().into()),
        ],
    )
}

/// What a check of the whole log came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Lines that were checked.
    pub lines: u64,
    /// Checkpoints that a known key signed and that were compared with the lines.
    pub compared: u64,
    /// Lines from the beginning that agree with themselves and with a root that a known key signed.
    pub proved: u64,
    /// What is wrong, in the order of the lines as far as they have one.
    pub findings: Vec<Finding>,
    /// Findings beyond those.
    pub left_out: u64,
}

impl Report {
    /// The same with what is wrong with the records.
    #[must_use]
    pub fn and(mut self, records: Vec<Finding>) -> Self {
        let most = MOST_FINDINGS.saturating_sub(self.findings.len());
        self.left_out += records.len().saturating_sub(most) as u64;
        self.findings.extend(records.into_iter().take(most));
        self
    }

    /// Whether nothing is wrong.
    pub fn clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// In one sentence; the findings say the rest.
    pub fn say(&self, words: Words) -> String {
        let key = if self.clean() {
            "log-report-clean"
        } else {
            "log-report-harmed"
        };
        words.with(
            key,
            &[
                ("lines", self.lines.into()),
                ("compared", self.compared.into()),
                ("proved", self.proved.into()),
                ("count", (self.findings.len() as u64 + self.left_out).into()),
            ],
        )
    }
}
