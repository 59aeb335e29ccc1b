//! The process: puts units into a container, or reads a file, for the wall at the other end of its
//! standard input.

use std::io::{self, BufReader, Write as _};
use std::iter;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::process::{confine, misdo, reach};
use super::wire::{self, Message, UnitHead};
use crate::base::confinement::Limits;
use crate::media::ring::{Piece, Sink, remux};
use crate::media::source::{PipelineSource, Said};
use crate::media::{self, InitError};
use crate::model::condition::Reason;

/// Memory of its own, bytes.
const MOST_DATA: u64 = 512 << 20;
/// The longest file that one writes which has to write none, bytes.
const LONGEST_OTHER_FILE: u64 = 16 << 20;
/// Open files.
const MOST_FILES: u64 = 64;
/// A span takes a small part of this.
const MOST_PROCESSOR: Duration = Duration::from_secs(60);

/// What a process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Task {
    /// Put units into a container, which goes to the standard output.
    Write,
    /// Read a file over and over, and give its units.
    Read,
}

/// Arguments of `qyran media-worker`.
#[derive(Clone, Debug, clap::Args)]
pub struct MediaArgs {
    /// What to do
    #[arg(value_enum)]
    task: Task,
    /// The file that is read
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The longest file that is written
    #[arg(long, default_value_t = LONGEST_OTHER_FILE)]
    bytes: u64,
    /// A file that tells at units of which codec wrong shall be done, and how: for tests
    #[arg(long, value_name = "FILE", hide = true)]
    faults: Option<PathBuf>,
}

/// A process that writes or reads a file could not go on.
#[derive(Debug, thiserror::Error)]
pub enum MediaWorkerError {
    /// No wall at the other end, or it is gone.
    #[error("a process that works on a file is started by the wall alone: {0}")]
    Wall(#[from] io::Error),
    /// GStreamer did not start.
    #[error(transparent)]
    Media(#[from] InitError),
}

/// Writes or reads a file for the wall at the other end of the standard input.
///
/// # Errors
/// When there is no wall, or no GStreamer.
pub fn run_media_worker(args: &MediaArgs) -> Result<(), MediaWorkerError> {
    let is_writer = args.task == Task::Write;
    let limits = Limits {
        data_bytes: MOST_DATA,
        file_bytes: args.bytes,
        files: MOST_FILES,
        processor: is_writer.then_some(MOST_PROCESSOR),
        expendable: 500,
    };
    let faults = args.faults.as_deref().and_then(Path::parent);
    let read = args.file.iter().cloned();
    let read = reach(read.chain(faults.map(Path::to_owned)));
    confine(
        if is_writer {
            "media-write"
        } else {
            "media-read"
        },
        &limits,
        &read,
    )?;
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    media::init()?;
    let faults = args.faults.as_deref();
    match &args.file {
        Some(file) if !is_writer => give(file, socket, faults)?,
        _ => write(socket, faults)?,
    }
    Ok(())
}

fn say(socket: &mut UnixStream, message: &Message, body: &[u8]) -> io::Result<()> {
    socket.write_all(&wire::head(message, body.len())?)?;
    socket.write_all(body)
}

/// Puts the units that come into a container.
fn write(mut socket: UnixStream, faults: Option<&Path>) -> io::Result<()> {
    let mut orders = BufReader::new(socket.try_clone()?);
    let pieces = iter::from_fn(|| match wire::read(&mut orders) {
        Ok(Some((Message::Unit(head), bytes))) => {
            let codec = head.codec?;
            if let Some(faults) = faults {
                misdo(faults, codec.word());
            }
            Some(Ok(Piece {
                codec,
                at: Duration::from_nanos(u64::try_from(head.pts.unwrap_or(0)).unwrap_or(0)),
                keyframe: head.keyframe,
                bytes,
            }))
        }
        Ok(Some((Message::End, _))) => None,
        Ok(_) => Some(Err("the wall has hung up".to_owned())),
        Err(error) => Some(Err(error.to_string())),
    });
    let done = match remux(pieces, Sink::Output) {
        Ok(()) => Message::End,
        Err(why) => Message::failed(&why),
    };
    say(&mut socket, &done, &[])
}

/// Gives the units of a file, over and over; the wall takes them at its pace.
fn give(file: &Path, mut socket: UnixStream, faults: Option<&Path>) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut pass = None;
    loop {
        let said = runtime.block_on(async {
            let pass = match &mut pass {
                Some(pass) => pass,
                place => place.insert(PipelineSource::file(file)?),
            };
            pass.next_said().await
        });
        match said {
            Ok(Said::Unit(timed)) => {
                let unit = &timed.unit;
                if let Some(faults) = faults {
                    misdo(faults, unit.codec.word());
                }
                let head = UnitHead {
                    codec: Some(unit.codec),
                    pts: timed.pts,
                    dts: timed.dts,
                    size: unit.parameters.size,
                    rate_hz: unit.parameters.rate_hz,
                    keyframe: unit.keyframe,
                    is_damaged: unit.is_damaged,
                };
                say(&mut socket, &Message::Unit(head), &unit.bytes)?;
            }
            Ok(Said::End) => {
                say(&mut socket, &Message::End, &[])?;
                pass = None;
            }
            Ok(Said::Refused(Reason::UnsupportedCodec(codec))) => {
                return say(&mut socket, &Message::Refused(codec), &[]);
            }
            Ok(Said::Refused(reason)) => {
                return say(&mut socket, &Message::failed(&reason.to_string()), &[]);
            }
            Err(error) => {
                let why = match &error.reason {
                    Reason::File(why) => why.clone(),
                    other => other.to_string(),
                };
                return say(&mut socket, &Message::failed(&why), &[]);
            }
        }
    }
}
