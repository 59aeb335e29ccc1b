//! Work on the bytes of cameras in processes of their own, so that C code which parses them costs what
//! it was at, and never the wall.
//!
//! Decoders have their processes in [`super::live`]. Here are those of the two other things that are
//! done with such bytes: putting a span into a container ([`super::ring`]) and reading a file
//! ([`super::source`]). Each is a process of the same program (`qyran media-worker`, hidden) for one
//! file; it gets units over its standard input, or gives them, and ends with whoever started it.
//!
//! * `wire` is the messages; `worker` is the process; `relay` logs what processes say.
//! * What all processes of `media` are told of their surroundings and forbid themselves is here.

#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod relay;
mod wire;
#[cfg(target_os = "linux")]
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub(super) use process::{Process, confine, misdo, reach, surroundings};
#[cfg(target_os = "linux")]
pub(super) use relay::relay;
#[cfg(target_os = "linux")]
pub(super) use wire::{Message, UnitHead};
#[cfg(target_os = "linux")]
pub use worker::{MediaArgs, MediaWorkerError, run_media_worker};

/// How such processes are started, and how long one may take.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The program: this one, unless a test has another.
    pub program: PathBuf,
    /// Its arguments: those of `qyran media-worker`.
    pub arguments: Vec<OsString>,
    /// A span that is not in its container by then never will be.
    pub patience: Duration,
}

impl Workers {
    /// Processes of the program that runs now; nothing where the system has none.
    ///
    /// The program must be `qyran` itself: another one would not know the command.
    pub fn of_this_program() -> Option<Self> {
        // The file that runs, even when another was put in its place meanwhile.
        cfg!(target_os = "linux").then(|| Self::of(PathBuf::from("/proc/self/exe")))
    }

    /// Processes of another `qyran`.
    pub fn of(program: PathBuf) -> Self {
        Self {
            program,
            arguments: vec!["media-worker".into()],
            patience: Duration::from_secs(20),
        }
    }
}
