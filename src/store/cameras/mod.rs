//! The camera file: CSV or TOML, as described in `docs/ref/cameras.md`.
//!
//! A bad row costs that row alone: the others open, and what is wrong is told by row and field.

mod encoding;
mod fields;
mod rows;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::camera::Camera;

pub use encoding::{Encoding, Offer};
pub use fields::{COLUMNS, Problem, REQUIRED};
pub use table::{parse_csv, parse_toml, to_csv};

/// What is wrong at one place of a camera file.
#[derive(Clone, Debug, PartialEq)]
pub struct RowError {
    /// Line of the file (CSV) or number of the entry (TOML), from 1; 0 when the whole file is meant.
    /// With a column's problem, the line of the header.
    pub row: usize,
    /// The field's name, or empty.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// The cameras of a file and what could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// In the order of the file.
    pub cameras: Vec<Camera>,
    /// Rows left out, and columns not understood.
    pub errors: Vec<RowError>,
}

impl Loaded {
    /// How many rows were left out.
    pub fn rows_left_out(&self) -> usize {
        rows_left_out(&self.errors)
    }

    fn tell(&mut self, row: usize, field: &str, problem: Problem) {
        self.errors.push(RowError {
            row,
            field: field.to_owned(),
            problem,
        });
    }
}

/// In how many of `errors` a row was left out.
pub fn rows_left_out(errors: &[RowError]) -> usize {
    let of_row = |error: &&RowError| error.row > 0 && !error.problem.is_of_column();
    errors.iter().filter(of_row).count()
}

/// The file as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CameraFileError {
    /// From the system.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Neither `.csv` nor `.toml`.
    #[error("{path}: a camera file ends in .csv or .toml", path = path.display())]
    Kind {
        /// The file.
        path: PathBuf,
    },
    /// Larger than any camera file.
    #[error("{path}: larger than {MOST_BYTES} bytes", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not UTF-8 text.
    #[error("{path}: not UTF-8 text; save it as \"CSV UTF-8\"", path = path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// Text in another encoding, which it is read in when somebody says so.
    #[error(
        "{path}: not UTF-8 but, as it seems, {name} (“{sample}”); save it as \"CSV UTF-8\" (qyran wall --encoding {encoding} reads it as it is)",
        path = path.display(), name = offer.encoding.name(), sample = offer.sample, encoding = offer.encoding
    )]
    Encoding {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        offer: Offer,
    },
}

/// Fifty-seven thousand cameras take some thirty million bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Reads a camera file by its ending.
///
/// # Errors
/// When the file as a whole is no good. Bad rows are in [`Loaded::errors`].
pub fn read(path: &Path) -> Result<Loaded, CameraFileError> {
    read_as(path, None)
}

/// The same; a file that is not UTF-8 and looks like `encoding` is read so.
///
/// # Errors
/// As [`read`].
pub fn read_as(path: &Path, encoding: Option<Encoding>) -> Result<Loaded, CameraFileError> {
    let io_error = |source| CameraFileError::Io {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(io_error)?.len() > MOST_BYTES {
        return Err(CameraFileError::TooLarge {
            path: path.to_owned(),
        });
    }
    let bytes = fs::read(path).map_err(io_error)?;
    let text = encoding::decode(bytes, encoding).map_err(|offer| {
        let path = path.to_owned();
        match offer {
            Some(offer) => CameraFileError::Encoding { path, offer },
            None => CameraFileError::NotText { path },
        }
    })?;
    match path
        .extension()
        .and_then(|e| e.to_str())
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("csv") => Ok(parse_csv(&text)),
        Some("toml") => Ok(parse_toml(&text)),
        _ => Err(CameraFileError::Kind {
            path: path.to_owned(),
        }),
    }
}

/// Writes a camera file as CSV, as a whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write(path: &Path, cameras: &[Camera]) -> Result<(), CameraFileError> {
    let io_error = |source| CameraFileError::Io {
        path: path.to_owned(),
        source,
    };
    let new = path.with_extension("csv.new");
    fs::write(&new, to_csv(cameras)).map_err(io_error)?;
    fs::rename(&new, path).map_err(io_error)
}

/// Leaves out the second of two cameras with the same id.
fn without_doubles(loaded: Vec<(usize, Camera)>, errors: &mut Vec<RowError>) -> Vec<Camera> {
    let mut seen = BTreeSet::new();
    let mut cameras = Vec::with_capacity(loaded.len());
    for (row, camera) in loaded {
        if seen.insert(camera.id.clone()) {
            cameras.push(camera);
        } else {
            let problem = Problem::Doubled(camera.id.to_string());
            errors.push(RowError {
                row,
                field: "id".into(),
                problem,
            });
        }
    }
    errors.sort_by_key(|error| error.row);
    cameras
}
