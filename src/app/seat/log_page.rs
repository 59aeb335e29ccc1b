//! What the auditor looks at.

use crate::store::log::finding::Report;
use crate::store::log::line::Entry;
use crate::store::log::table::Filter;

/// What the auditor wants.
#[derive(Clone, Debug, PartialEq)]
pub enum LogWish {
    /// Lines like these, the newest first.
    Show(Filter),
    /// Older ones too.
    More,
    /// All that the filter wants, as a file.
    Write,
    /// Whether the log is as it was written.
    Verify,
}

/// The log as far as it was read.
#[derive(Debug, Default)]
pub struct LogPage {
    /// Which lines.
    pub filter: Filter,
    /// They, the newest first.
    pub lines: Vec<Entry>,
    /// Lines below this place were not looked at yet.
    pub below: u64,
    /// How many are wanted.
    pub wanted: usize,
    /// Lines that could not be read.
    pub unread: u64,
    /// It is being read.
    pub busy: bool,
    /// A file is being written, or the whole is checked.
    pub working: bool,
    /// What the last check found.
    pub verified: Option<Report>,
}
