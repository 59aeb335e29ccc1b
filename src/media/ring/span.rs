//! A part of a ring, and how it is written to disk: in a container, or as it came where none can be made
//! of it, and nothing encoded again.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::remux::{Piece, Sink, remux};
use crate::base::clock::{self, WallTime};
use crate::base::hex::hex;
use crate::media::apart::Workers;
use crate::media::source::EncodedUnit;
use crate::model::codec::Codec;

/// A file that is not whole yet has this ending.
pub(super) const UNFINISHED: &str = "part";
/// What the files of spans end in: a container, units as they came, and when each of those came.
pub(super) const ENDINGS: [&str; 5] = ["mkv", "h264", "h265", "mjpeg", "times"];

/// What puts spans into containers.
#[derive(Clone, Debug)]
pub enum Muxer {
    /// This process: whoever sends what the muxer is not made for ends it.
    Here,
    /// A process for each span.
    Apart(Workers),
}

/// Units of a feed, in their order.
#[derive(Clone, Debug, Default)]
pub struct Span {
    units: Vec<(EncodedUnit, bool)>,
}

/// A span could not be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// There is nothing in it that could be decoded.
    #[error("nothing was received of the camera in that time")]
    Empty,
    /// The container could not be made.
    #[error("{path}: {why}")]
    Written {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
}

/// A span on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanFile {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
    /// Its length, bytes.
    pub bytes: u64,
    /// When its first unit arrived.
    pub from: WallTime,
    /// When its last unit arrived.
    pub to: WallTime,
    /// So many pictures.
    pub pictures: usize,
    /// For how long nothing came within it.
    pub missing: Duration,
    /// Why it is in no container: its units stand one behind the other as they came, and when each came
    /// in a file of the same name and `.times`.
    pub as_it_came: Option<String>,
}

impl Span {
    pub(super) fn new(units: Vec<(EncodedUnit, bool)>) -> Self {
        Self { units }
    }

    /// This, and what of `later` comes behind it.
    #[must_use]
    pub(super) fn joined(mut self, later: Self) -> Self {
        let last = self.units.last().map(|(unit, _)| unit.arrival);
        let new = |(unit, _): &(EncodedUnit, bool)| last.is_none_or(|last| unit.arrival > last);
        self.units.extend(later.units.into_iter().filter(new));
        self
    }

    /// Its units.
    pub fn units(&self) -> impl Iterator<Item = &EncodedUnit> {
        self.units.iter().map(|(unit, _)| unit)
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// For how long nothing came, where the stream was broken off.
    pub fn missing(&self) -> Duration {
        self.units
            .windows(2)
            .filter(|two| two[1].1)
            .map(|two| two[1].0.arrival.saturating_duration_since(two[0].0.arrival))
            .sum()
    }

    /// Writes it to `path` as Matroska; where no container can be made of it, [as it
    /// came](Self::write_as_it_came). The file has its name only when it is whole and on the disk. A
    /// codec that changes in the middle ends it there.
    ///
    /// # Errors
    /// When there is nothing to write, or the disk does not take it.
    pub fn write(&self, path: &Path, muxer: &Muxer) -> Result<SpanFile, SpanError> {
        let units = self.of_one_codec();
        if units.is_empty() {
            return Err(SpanError::Empty);
        }
        let aside = path.with_extension(UNFINISHED);
        let muxed = match muxer {
            Muxer::Here => remux(pieces(units).map(Ok), Sink::File(&aside)),
            Muxer::Apart(workers) => remux_apart(units, &aside, workers),
        };
        match muxed {
            Ok(()) => self.finished(units, &aside, path, None),
            Err(why) => {
                fs::remove_file(&aside).ok(); // what is left of it is swept at the next start
                // Where the disk is the trouble, it does not take this either.
                self.write_as_it_came(path, why)
            }
        }
    }

    /// Writes it beside `path`, with the ending of its codec: its units one behind the other, without a
    /// container, because of `why`. No line of C looks at them.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_as_it_came(&self, path: &Path, why: String) -> Result<SpanFile, SpanError> {
        let units = self.of_one_codec();
        let Some((first, _)) = units.first() else {
            return Err(SpanError::Empty);
        };
        let ending = match first.codec {
            Codec::H264 => "h264",
            Codec::H265 => "h265",
            Codec::Jpeg => "mjpeg",
        };
        let target = path.with_extension(ending);
        let aside = path.with_extension(UNFINISHED);
        let written = write_units(units, &aside).and_then(|()| write_times(units, &target));
        if let Err(error) = written {
            for left in [aside, times_of(&target)] {
                fs::remove_file(left).ok(); // it is swept at the next start
            }
            return Err(SpanError::Written {
                path: path.display().to_string(),
                why: format!("{error} ({why})"),
            });
        }
        self.finished(units, &aside, &target, Some(why))
    }

    /// Brings what was written aside to the disk, and gives it its name.
    fn finished(
        &self,
        units: &[(EncodedUnit, bool)],
        aside: &Path,
        path: &Path,
        as_it_came: Option<String>,
    ) -> Result<SpanFile, SpanError> {
        let kept = || -> io::Result<(String, u64)> {
            let file = File::open(aside)?;
            file.sync_all()?;
            let digested = digest(file)?;
            fs::rename(aside, path)?;
            if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
                // Not every file system can; the name is there all the same.
                folder.sync_all().ok();
            }
            Ok(digested)
        };
        let (sha256, bytes) = kept().map_err(|error| {
            fs::remove_file(aside).ok(); // what is left of it is swept at the next start
            SpanError::Written {
                path: path.display().to_string(),
                why: error.to_string(),
            }
        })?;
        let time_of = |unit: Option<&(EncodedUnit, bool)>| {
            unit.map_or_else(clock::wall_now, |(unit, _)| wall_of(unit.arrival))
        };
        Ok(SpanFile {
            path: path.to_owned(),
            sha256,
            bytes,
            from: time_of(units.first()),
            to: time_of(units.last()),
            pictures: units.len(),
            missing: self.missing(),
            as_it_came,
        })
    }

    /// From the first keyframe on, as long as the codec stays.
    fn of_one_codec(&self) -> &[(EncodedUnit, bool)] {
        let Some(begin) = self.units.iter().position(|(unit, _)| unit.keyframe) else {
            return &[];
        };
        let units = &self.units[begin..];
        let codec = units[0].0.codec;
        let end = units.iter().position(|(unit, _)| unit.codec != codec);
        &units[..end.unwrap_or(units.len())]
    }
}

fn wall_of(at: Instant) -> WallTime {
    let passed = clock::now().saturating_duration_since(at);
    clock::wall_now().plus_nanos(-(passed.as_nanos() as i64))
}

fn digest(mut file: File) -> io::Result<(String, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        bytes += count as u64;
    }
    Ok((hex(&hasher.finalize()), bytes))
}

/// The files of a span beside its own one.
pub(super) fn companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    let has_times = path.extension() != Some(OsStr::new("mkv"));
    has_times.then(|| times_of(path)).into_iter()
}

fn times_of(path: &Path) -> PathBuf {
    path.with_added_extension("times")
}

/// The units with the times of their arrival, from the first on; those that arrived together still
/// follow one another.
fn pieces(units: &[(EncodedUnit, bool)]) -> impl Iterator<Item = Piece> {
    let begin = units.first().map(|(unit, _)| unit.arrival);
    let mut before: Option<Duration> = None;
    units.iter().map(move |(unit, _)| {
        let passed = begin.map(|begin| unit.arrival.saturating_duration_since(begin));
        let at = passed.unwrap_or_default();
        let at = before.map_or(at, |before| at.max(before + Duration::from_millis(1)));
        before = Some(at);
        Piece {
            codec: unit.codec,
            at,
            keyframe: unit.keyframe,
            bytes: unit.bytes.clone(),
        }
    })
}

/// A new file, which nobody else reads.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_units(units: &[(EncodedUnit, bool)], path: &Path) -> io::Result<()> {
    let mut file = create(path)?;
    for (unit, _) in units {
        file.write_all(&unit.bytes)?;
    }
    Ok(())
}

/// When each unit came, nanoseconds from the first on, and how long it is, bytes.
fn write_times(units: &[(EncodedUnit, bool)], path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(create(&times_of(path))?);
    for piece in pieces(units) {
        writeln!(file, "{} {}", piece.at.as_nanos(), piece.bytes.len())?;
    }
    file.into_inner()?.sync_all()
}

/// Puts units into a container in a process of its own, which has the file and nothing else.
#[cfg(target_os = "linux")]
fn remux_apart(
    units: &[(EncodedUnit, bool)],
    path: &Path,
    workers: &Workers,
) -> Result<(), String> {
    use crate::media::apart::{Message, Process, UnitHead};

    let told = |error: io::Error| error.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(told)?;
    let output = create(path).map_err(told)?;
    let length: usize = units.iter().map(|(unit, _)| unit.bytes.len() + 64).sum();
    let most = length + length / 4 + (1 << 20);
    let task: [OsString; 3] = ["write".into(), "--bytes".into(), most.to_string().into()];
    runtime.block_on(async {
        let mut process = Process::start(workers, &task, output.into()).map_err(told)?;
        let exchange = async {
            for piece in pieces(units) {
                let head = UnitHead {
                    codec: Some(piece.codec),
                    pts: i64::try_from(piece.at.as_nanos()).ok(),
                    keyframe: piece.keyframe,
                    ..UnitHead::default()
                };
                let sent = process.send(&Message::Unit(head), &piece.bytes).await;
                if sent.is_err() {
                    break; // it may have said why
                }
            }
            process.send(&Message::End, &[]).await.ok(); // likewise
            process.next().await
        };
        let answer = tokio::time::timeout(workers.patience, exchange).await;
        let status = process.end().await;
        match answer {
            Ok(Ok(Some((Message::End, _)))) => Ok(()),
            Ok(Ok(Some((Message::Failed(why), _)))) => Err(why),
            Ok(Ok(Some(_))) => Err("its process says what cannot be".to_owned()),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(error.to_string()),
            Ok(Ok(None) | Err(_)) => Err(match status {
                Some(status) => format!("its process has ended: {status}"),
                None => "its process has ended".to_owned(),
            }),
            Err(_elapsed) => Err(format!(
                "its process took longer than {:?}",
                workers.patience
            )),
        }
    })
}

/// Other systems have no such processes here.
#[cfg(not(target_os = "linux"))]
fn remux_apart(
    units: &[(EncodedUnit, bool)],
    path: &Path,
    _workers: &Workers,
) -> Result<(), String> {
    remux(pieces(units).map(Ok), Sink::File(path))
}
