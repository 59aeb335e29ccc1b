//! How the live stage is set up.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::accounts::Patience;
use super::rules;
use crate::base::backoff;

/// How the live stage is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where units are decoded.
    pub decoding: Decoding,
    /// Threads that decode, where this process does.
    pub decode_workers: usize,
    /// Connections to one host on their way at the same time.
    pub connections_per_host: usize,
    /// Decode, but make no pictures (to measure the floor).
    pub discard_pictures: bool,
    /// Waits after ordinary failures.
    pub retry: backoff::Policy,
    /// Waits after refusals.
    pub retry_refused: backoff::Policy,
    /// How long an account rests after its password was refused.
    pub wrong_password: Patience,
    /// What the last half minutes of all feeds may take in memory together, bytes.
    pub ring_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            decoding: Decoding::Threads,
            decode_workers: cores().clamp(2, 8),
            connections_per_host: 8,
            discard_pictures: false,
            retry: rules::RETRY,
            retry_refused: rules::RETRY_REFUSED,
            wrong_password: Patience::default(),
            ring_bytes: 256 << 20,
        }
    }
}

impl Options {
    /// For `qyran` itself: decoding in processes of this program, where the system has them.
    ///
    /// Only for this program: another one would not know the command that it starts.
    pub fn of_this_program() -> Self {
        Self {
            decoding: Decoding::Processes(Processes::of_this_program()),
            ..Self::default()
        }
    }
}

/// Where units are decoded.
#[derive(Clone, Debug)]
pub enum Decoding {
    /// On threads of this process: a crash of a decoder takes the program along.
    Threads,
    /// In processes of their own: a crash costs the feeds of one process a moment. Where the system
    /// has no such processes it is the same as [`Decoding::Threads`].
    Processes(Processes),
}

/// Decoder processes, and when one of them is ended.
#[derive(Clone, Debug)]
pub struct Processes {
    /// The program: this one, unless a test has another.
    pub program: PathBuf,
    /// Its arguments: those of `qyran decode-worker`.
    pub arguments: Vec<OsString>,
    /// Feeds of ordinary size in one process, at most.
    pub feeds_per_child: usize,
    /// Ended when units wait and none was answered for so long.
    pub stalled_after: Duration,
    /// Ended when its own memory is more than this, bytes …
    pub memory_bytes: u64,
    /// … and this for each of its feeds, bytes.
    pub memory_bytes_a_feed: u64,
}

impl Processes {
    /// Processes of the program that runs now.
    ///
    /// The program must be `qyran` itself: another one would not know the command.
    pub fn of_this_program() -> Self {
        // The file that runs, even when another was put in its place meanwhile.
        Self::of(PathBuf::from("/proc/self/exe"))
    }

    /// Processes of another `qyran`.
    pub fn of(program: PathBuf) -> Self {
        Self {
            program,
            arguments: vec!["decode-worker".into()],
            feeds_per_child: 12,
            stalled_after: Duration::from_secs(2),
            memory_bytes: 400 << 20,
            memory_bytes_a_feed: 40 << 20,
        }
    }
}

/// Processor cores of this machine, as far as they are known.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
