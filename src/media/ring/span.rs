//! A part of a ring, and how it is written to disk: in a container, and nothing encoded again.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use sha2::{Digest as _, Sha256};

use crate::base::clock::{self, WallTime};
use crate::base::hex::hex;
use crate::media::source::EncodedUnit;
use crate::model::codec::Codec;

/// A file that is not whole yet has this ending.
pub(super) const UNFINISHED: &str = "part";
/// Writing half a minute takes a moment; a disk that hangs is given up after this.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(30);

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

    /// Writes it to `path` as Matroska. The file has its name only when it is whole and on the disk.
    /// A codec that changes in the middle ends it there.
    ///
    /// # Errors
    /// When there is nothing to write, or the disk does not take it.
    pub fn write(&self, path: &Path) -> Result<SpanFile, SpanError> {
        let aside = path.with_extension(UNFINISHED);
        let failed = |why: String| SpanError::Written {
            path: path.display().to_string(),
            why,
        };
        let units = self.of_one_codec();
        let (Some(first), Some(last)) = (units.first(), units.last()) else {
            return Err(SpanError::Empty);
        };
        let written = remux(units, &aside).and_then(|()| {
            let file = File::open(&aside).map_err(|error| error.to_string())?;
            file.sync_all().map_err(|error| error.to_string())?;
            let (sha256, bytes) = digest(file).map_err(|error| error.to_string())?;
            fs::rename(&aside, path).map_err(|error| error.to_string())?;
            if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
                // Not every file system can; the name is there all the same.
                folder.sync_all().ok();
            }
            Ok((sha256, bytes))
        });
        let (sha256, bytes) = written.map_err(|why| {
            fs::remove_file(&aside).ok(); // what is left of it is swept at the next start
            failed(why)
        })?;
        Ok(SpanFile {
            path: path.to_owned(),
            sha256,
            bytes,
            from: wall_of(first.0.arrival),
            to: wall_of(last.0.arrival),
            pictures: units.len(),
            missing: self.missing(),
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

/// Puts the units into a container. Times are those of their arrival: what the stream says of itself
/// begins anew with each session.
fn remux(units: &[(EncodedUnit, bool)], path: &Path) -> Result<(), String> {
    let Some((first, _)) = units.first() else {
        return Err("nothing to write".to_owned());
    };
    let (caps, parser) = match first.codec {
        Codec::H264 => ("video/x-h264", "h264parse"),
        Codec::H265 => ("video/x-h265", "h265parse"),
        Codec::Jpeg => ("image/jpeg", "jpegparse"),
    };
    let mut builder = gst::Caps::builder(caps);
    if first.codec != Codec::Jpeg {
        builder = builder
            .field("stream-format", "byte-stream")
            .field("alignment", "au");
    }
    let source = gst_app::AppSrc::builder()
        .caps(&builder.build())
        .format(gst::Format::Time)
        .max_bytes(0)
        .build();
    let make = |name: &str| {
        gst::ElementFactory::make(name)
            .build()
            .map_err(|error| error.to_string())
    };
    let (parse, mux, sink) = (make(parser)?, make("matroskamux")?, make("filesink")?);
    mux.set_property("writing-app", "qyran");
    sink.set_property("location", path);
    let pipeline = gst::Pipeline::new();
    let elements = [source.upcast_ref(), &parse, &mux, &sink];
    pipeline
        .add_many(elements)
        .map_err(|error| error.to_string())?;
    gst::Element::link_many(elements).map_err(|error| error.to_string())?;
    let run = || -> Result<(), String> {
        pipeline
            .set_state(gst::State::Playing)
            .map_err(|_state| told(&pipeline).unwrap_or_else(|| "cannot be written".to_owned()))?;
        let begin = first.arrival;
        let mut before: Option<u64> = None;
        for (unit, _) in units {
            let at = unit.arrival.saturating_duration_since(begin).as_nanos() as u64;
            // Units that arrived together still follow one another.
            let at = before.map_or(at, |before| at.max(before + 1_000_000));
            before = Some(at);
            let mut buffer = gst::Buffer::from_slice(unit.bytes.clone());
            if let Some(buffer) = buffer.get_mut() {
                buffer.set_pts(gst::ClockTime::from_nseconds(at));
                buffer.set_dts(gst::ClockTime::from_nseconds(at));
                if !unit.keyframe {
                    buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
                }
            }
            if source.push_buffer(buffer).is_err() {
                return Err(told(&pipeline).unwrap_or_else(|| "it was broken off".to_owned()));
            }
        }
        source.end_of_stream().map_err(|error| error.to_string())?;
        let bus = pipeline.bus().ok_or("the pipeline has no bus")?;
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        let ended = bus.timed_pop_filtered(PATIENCE, &kinds);
        match ended.as_ref().map(|message| message.view()) {
            Some(gst::MessageView::Eos(_)) => Ok(()),
            Some(gst::MessageView::Error(error)) => Err(error.error().to_string()),
            _ => Err("the disk does not take it".to_owned()),
        }
    };
    let ran = run();
    // It is thrown away; what it held open is closed by that.
    pipeline.set_state(gst::State::Null).ok();
    ran
}

/// What the pipeline says went wrong.
fn told(pipeline: &gst::Pipeline) -> Option<String> {
    let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    }
}
