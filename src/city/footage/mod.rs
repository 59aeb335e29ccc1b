//! Footage of the demo city: which clips there are, and making them once with ffmpeg.
//!
//! A folder holds, for each clip, its elementary stream (`NAME.h264`, `NAME.h265` or `NAME.mjpeg`)
//! and, written last and at once, its description (`NAME.json`, a [`ClipInfo`]). A clip whose
//! description is there is done; whatever else is there is left from an interrupted run and is
//! written anew.
//!
//! Belongs here: what the clips show and how they are compressed.
//! Does not: which camera has which name, place or fault, and sending (that is the rest of `city`).
//!
//! Threads: [`prepare`] works on the caller's thread and two of its own, each of which waits for
//! one ffmpeg process at a time.

mod clip;
mod command;
mod graph;
mod prepare;
mod recipe;
mod sources;

use std::path::PathBuf;

pub use clip::ClipInfo;
pub use command::{Args, run};
pub use prepare::{Options, Progress, Report, prepare};
pub use recipe::{
    CAMERAS, Codec, Colour, Recipe, SUB_FPS, SUB_SIZE, main_clip_of, recipes, sub_clip_of,
};

/// Why footage cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FootageError {
    /// This user has no home, so there is no default folder.
    #[error("no folder for footage: this user has no home folder; name one with --dir")]
    NoHome,
    /// A source is not on this machine.
    #[error("{file} is missing: install {brings}, or run packaging/setup.sh demo")]
    SourceMissing {
        /// The file's name.
        file: &'static str,
        /// What brings it.
        brings: &'static str,
    },
    /// The encoder is not on this machine.
    #[error("{program} cannot be run ({source}): install the Debian package ffmpeg")]
    NoEncoder {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The encoder gave up.
    #[error("ffmpeg failed on {clip}: {said}")]
    Encoder {
        /// The clip or stage.
        clip: String,
        /// The last lines that it printed.
        said: String,
    },
    /// The encoder made something else than was asked.
    #[error("{clip} has {found} pictures instead of {due}; remove it and try again")]
    Short {
        /// The clip.
        clip: String,
        /// Pictures found.
        found: u32,
        /// Pictures due.
        due: u32,
    },
    /// A file or folder cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Asked to stop before all clips were made.
    #[error("stopped; the clips made so far are kept")]
    Stopped,
}

/// The folder used when none is named: `footage-v1` in this user's cache.
///
/// # Errors
/// When this user has no home folder.
pub fn default_dir() -> Result<PathBuf, FootageError> {
    Ok(cache_dir()?.join("footage-v1"))
}

/// Where `packaging/setup.sh` puts sources that no Debian package brings.
///
/// # Errors
/// When this user has no home folder.
pub fn default_sources_dir() -> Result<PathBuf, FootageError> {
    Ok(cache_dir()?.join("sources"))
}

fn cache_dir() -> Result<PathBuf, FootageError> {
    directories::ProjectDirs::from("kz", "", "qyran")
        .map(|dirs| dirs.cache_dir().to_owned())
        .ok_or(FootageError::NoHome)
}
