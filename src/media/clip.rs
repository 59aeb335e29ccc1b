//! The pictures of a video file, one after the other, as fast as they are taken.
//!
//! Not for the wall: for what looks at recordings, such as a rule that is tried out.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::live::{DecodeError, DecodeRequest, Decoder};
use super::source::{self, EncodedUnit, Source};
use crate::base::clock;
use crate::model::condition::Reason;
use crate::model::frame::Frame;
use crate::pixels::{self, Picture, PictureError, Pool};

/// A video file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// It is no path of this machine.
    #[error("{}: no path of this machine", .0.display())]
    Path(PathBuf),
    /// The network runtime, which reads files too, does not start.
    #[error("{}: {source}", path.display())]
    Runtime {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not there, or holds no video that the wall knows.
    #[error("{}: {said}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// What was said of it.
        said: String,
    },
    /// No decoder works on it.
    #[error("{}: {source}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
    /// A picture is not what it says.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// Why.
        source: PictureError,
    },
}

/// A video file that is read.
pub struct Clip {
    path: PathBuf,
    runtime: tokio::runtime::Runtime,
    source: Box<dyn Source>,
    decoder: Option<Decoder>,
    frames: VecDeque<Frame>,
    pool: Pool,
    origin: Instant,
    first_pts: Option<i64>,
    /// How many units were read.
    units: u32,
}

/// Pictures a second of a stream that does not say.
const USUAL_RATE_HZ: f32 = 25.0;
/// Buffers of pictures kept for the next ones.
const BUFFERS_KEPT: usize = 8;

impl Clip {
    /// Opens it.
    ///
    /// # Errors
    /// When it is not there, or holds no video that the wall knows.
    pub fn open(path: &Path) -> Result<Self, ClipError> {
        let whole = std::path::absolute(path).unwrap_or_else(|_error| path.to_owned());
        let url = url::Url::from_file_path(whole).map_err(|()| ClipError::Path(path.to_owned()))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|source| ClipError::Runtime {
                path: path.to_owned(),
                source,
            })?;
        let opened = runtime.block_on(async { source::read_file(&url) });
        let source = opened.map_err(|error| ClipError::Source {
            path: path.to_owned(),
            said: error.to_string(),
        })?;
        Ok(Self {
            path: path.to_owned(),
            runtime,
            source,
            decoder: None,
            frames: VecDeque::new(),
            pool: Pool::new(BUFFERS_KEPT),
            origin: clock::now(),
            first_pts: None,
            units: 0,
        })
    }

    /// The moment for which the arrival of the first picture stands; those of the others lie behind
    /// it as their times in the file do.
    pub fn origin(&self) -> Instant {
        self.origin
    }

    /// The time of the next unit in the file. A bare stream of pictures has no times: there they follow
    /// from its rate.
    fn time_of(&mut self, unit: &EncodedUnit) -> Duration {
        let first = *self.first_pts.get_or_insert(unit.pts.0);
        let index = self.units;
        self.units += 1;
        if unit.pts.0 == first && index > 0 {
            let rate = unit.parameters.rate_hz.unwrap_or(USUAL_RATE_HZ);
            return Duration::from_secs_f64(f64::from(index) / f64::from(rate.max(0.1)));
        }
        let passed = u64::try_from(unit.pts.0.saturating_sub(first)).unwrap_or(0);
        Duration::from_nanos(passed)
    }

    /// The next picture, not reduced; nothing after the last.
    ///
    /// # Errors
    /// When the file is damaged so that nothing more comes out.
    pub fn next_picture(&mut self) -> Result<Option<Picture>, ClipError> {
        while self.frames.is_empty() {
            let unit = self.runtime.block_on(self.source.next());
            let mut unit = match unit {
                Ok(unit) => unit,
                Err(error) if error.reason == Reason::ConnectionClosed => return Ok(None),
                Err(error) => {
                    return Err(ClipError::Source {
                        path: self.path.clone(),
                        said: error.to_string(),
                    });
                }
            };
            unit.arrival = self.origin + self.time_of(&unit);
            let decode_error = |source| ClipError::Decode {
                path: self.path.clone(),
                source,
            };
            let decoder = match &mut self.decoder {
                Some(decoder) => decoder,
                place => {
                    let request = DecodeRequest { codec: unit.codec };
                    place.insert(Decoder::new(request).map_err(decode_error)?)
                }
            };
            self.frames
                .extend(decoder.push(&unit).map_err(decode_error)?);
        }
        let Some(frame) = self.frames.pop_front() else {
            return Ok(None);
        };
        let picture = pixels::reduce(&frame, 0, &self.pool);
        picture.map(Some).map_err(|source| ClipError::Picture {
            path: self.path.clone(),
            source,
        })
    }
}
