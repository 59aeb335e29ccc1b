//! A decoder process: takes units from the wall, decodes them one after the other, gives pictures.
//!
//! It has one thread for all of that and no queue of its own: what waits, waits with the wall, which
//! knows what may be left out. It never sees an address or a password.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tracing::warn;

use super::platform::{MEMORY_BYTES, Memory};
use super::wire::{
    Answer, Done, Judged, Order, PictureHead, Trouble, UnitHead, VERSION, WireError,
};
use crate::base::clock::{self, MediaTime, WallTime};
use crate::base::confinement::{Limits, Reach};
use crate::media::apart::{confine, misdo, reach};
use crate::media::live::decoder::DecodeError;
use crate::media::live::work::{self, Wish, Work};
use crate::media::source::{EncodedUnit, Parameters};
use crate::media::{self, InitError};
use crate::model::frame::Capture;
use crate::pixels;

/// Buffers of pictures kept for the next ones.
const BUFFERS_KEPT: usize = 12;
/// Pictures begin at multiples of this, bytes: whole pages.
const ALIGNMENT: u64 = 4096;
/// What this process may take at the very most; the wall ends it long before.
const LIMITS: Limits = Limits {
    data_bytes: 4 << 30,
    // It writes none but the memory that is shared.
    file_bytes: 2 * MEMORY_BYTES,
    files: 1024,
    processor: None,
    expendable: 500,
};

/// Arguments of `qyran decode-worker`.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkerArgs {
    /// Which of the wall's decoder processes it is
    #[arg(long, default_value_t = 0)]
    number: u32,
    /// A file that tells which feed's units shall be misdone, and how: for tests
    #[arg(long, value_name = "FILE", hide = true)]
    faults: Option<PathBuf>,
}

/// A decoder process could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// No wall at the other end.
    #[error("a decoder process is started by the wall alone: {0}")]
    NoWall(io::Error),
    /// GStreamer did not start.
    #[error(transparent)]
    Media(#[from] InitError),
    /// The wall is gone, or says what cannot be.
    #[error("the wall cannot be understood: {0}")]
    Wall(String),
}

impl From<WireError> for WorkerError {
    fn from(error: WireError) -> Self {
        Self::Wall(error.to_string())
    }
}

/// Decodes for the wall at the other end of the standard input until it hangs up.
///
/// # Errors
/// When there is no wall, or no GStreamer.
pub fn run_worker(args: &WorkerArgs) -> Result<(), WorkerError> {
    let faults = args.faults.as_deref().and_then(Path::parent);
    let reach = Reach {
        devices: true,
        // What NVIDIA's decoders want.
        shared_memory: Path::new("/dev/nvidiactl").exists(),
        ..reach(faults.map(Path::to_owned))
    };
    let name = format!("decode-{}", args.number);
    confine(&name, &LIMITS, &reach).map_err(WorkerError::NoWall)?;
    let input = io::stdin().as_fd().try_clone_to_owned();
    let socket = UnixStream::from(input.map_err(WorkerError::NoWall)?);
    let memory = Memory::receive(&socket).map_err(WorkerError::NoWall)?;
    media::init()?;
    let mut answers = socket.try_clone().map_err(WorkerError::NoWall)?;
    let ready = Answer::Ready { version: VERSION };
    if answers.write_all(&ready.write()).is_err() {
        return Ok(());
    }
    let mut worker = Worker {
        base: clock::now(),
        feeds: BTreeMap::new(),
        buffers: pixels::Pool::new(BUFFERS_KEPT),
        shelf: Shelf::new(memory),
        own_memory: File::open("/proc/self/statm").ok(),
        faults: args.faults.clone(),
    };
    let mut orders = BufReader::with_capacity(1 << 16, socket);
    let mut body = Vec::new();
    // That the wall hangs up is how this ends.
    while let Some(()) = read_order(&mut orders, &mut body)? {
        let Some(done) = worker.follow(Order::read(&body)?) else {
            continue;
        };
        let answer = Answer::Done(Box::new(done));
        if answers.write_all(&answer.write()).is_err() {
            break;
        }
    }
    Ok(())
}

fn read_order(
    orders: &mut BufReader<UnixStream>,
    body: &mut Vec<u8>,
) -> Result<Option<()>, WorkerError> {
    let mut length = [0; 4];
    if orders.read_exact(&mut length).is_err() {
        return Ok(None);
    }
    body.resize(Order::length(length)?, 0);
    Ok(orders.read_exact(body).ok())
}

struct Worker {
    /// The wall's times count from here; only their differences mean anything.
    base: Instant,
    feeds: BTreeMap<u64, Work>,
    buffers: pixels::Pool,
    shelf: Shelf,
    own_memory: Option<File>,
    faults: Option<PathBuf>,
}

impl Worker {
    fn follow(&mut self, order: Order<'_>) -> Option<Done> {
        match order {
            Order::Unit(head, bytes) => Some(self.decode(head, bytes)),
            Order::Close { feed } => {
                self.feeds.remove(&feed);
                None
            }
        }
    }

    fn decode(&mut self, head: UnitHead, bytes: &[u8]) -> Done {
        if let Some(file) = &self.faults {
            misdo(file, &head.feed.to_string());
        }
        self.shelf.free_up_to(head.taken);
        let work = self.feeds.entry(head.feed).or_default();
        if head.new_session {
            work.begin_session();
        }
        let unit = EncodedUnit {
            codec: head.codec,
            parameters: Parameters::default(),
            pts: MediaTime(head.pts_ns),
            arrival: self.base + Duration::from_nanos(head.arrival_ns),
            // The camera's own stays with the wall; in here this carries the unit's number.
            capture: Some(Capture {
                wall: WallTime(0),
                number: Some(head.number),
            }),
            keyframe: head.keyframe,
            recovers_after: head.recovers_after,
            lost_packets: head.lost_packets,
            is_damaged: head.is_damaged,
            bytes: Bytes::copy_from_slice(bytes),
        };
        let wish = Wish {
            shown: head.shown,
            exact: head.exact,
            discard: head.discard,
            leave_out: head.leave_out,
            accept: head.accept,
            watch: head.watch,
            look: head.look,
        };
        let mut answer = Done {
            number: head.number,
            ..Done::default()
        };
        match work.push(&unit, wish, &self.buffers) {
            Ok(done) => self.tell(done, &mut answer),
            Err(error) => {
                warn!(%error, "decoding failed");
                answer.trouble = Some(match error {
                    DecodeError::NoDecoder { .. } => Trouble::NoDecoder,
                    other => Trouble::Failed(other.to_string()),
                });
            }
        }
        answer.memory_kib = self.memory_kib();
        answer
    }

    fn tell(&mut self, done: work::Done, answer: &mut Done) {
        let frames = done.frames.iter();
        answer.frames = frames
            .filter_map(|frame| Some((frame.capture?.number?, frame.integrity)))
            .collect();
        answer.judgement = done.judgement.map(|judged| Judged {
            picture: judged.picture,
            since_ns: judged.since.saturating_duration_since(self.base).as_nanos() as u64,
        });
        answer.left_out = done.left_out.map(|error| error.to_string());
        answer.running = done.running.and_then(|running| {
            let codec = running.codec?;
            Some((codec, running.decoder.unwrap_or_default()))
        });
        answer.motion = done.motion.map(|share| (share * 1000.0) as u16);
        for (picture, place) in [
            (done.picture, &mut answer.picture),
            (done.look, &mut answer.look),
        ] {
            let Some(picture) = picture else { continue };
            match self.shelf.put(&picture, answer.number) {
                Ok(head) => *place = Some(head),
                Err(error) => answer.left_out = Some(error.to_string()),
            }
        }
    }

    /// What this process has for itself, KiB; 0 where that is not known.
    fn memory_kib(&self) -> u64 {
        let mut text = [0; 96];
        let read = |file: &File| file.read_at(&mut text, 0).ok();
        let Some(length) = self.own_memory.as_ref().and_then(read) else {
            return 0;
        };
        // Pages: all, resident, shared.
        let pages = std::str::from_utf8(&text[..length]).unwrap_or_default();
        let mut pages = pages.split_whitespace().skip(1).map(str::parse::<u64>);
        match (pages.next(), pages.next()) {
            (Some(Ok(resident)), Some(Ok(shared))) => resident.saturating_sub(shared) * 4,
            _ => 0,
        }
    }
}

/// The memory shared with the wall, and what of it is in use.
struct Shelf {
    memory: Memory,
    /// In order of place: where it begins and ends, and whose unit's picture it is.
    used: Vec<(u64, u64, u64)>,
}

/// No room for a picture.
#[derive(Debug, thiserror::Error)]
enum ShelfError {
    #[error("the wall takes no pictures: there is no room for {0} bytes more")]
    Full(u64),
    #[error("the shared memory cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl Shelf {
    fn new(memory: Memory) -> Self {
        Self {
            memory,
            used: Vec::new(),
        }
    }

    /// Pictures of units up to `number` were taken.
    fn free_up_to(&mut self, number: u64) {
        self.used.retain(|(_, _, of)| *of > number);
    }

    /// The lowest place where `length` bytes are free: what was used last is used again first.
    fn place(&mut self, length: u64, number: u64) -> Option<u64> {
        let mut at = 0;
        let mut index = 0;
        for (begin, end, _) in &self.used {
            if begin.saturating_sub(at) >= length {
                break;
            }
            at = end.next_multiple_of(ALIGNMENT);
            index += 1;
        }
        let end = at.checked_add(length).filter(|end| *end <= MEMORY_BYTES)?;
        self.used.insert(index, (at, end, number));
        Some(at)
    }

    fn put(&mut self, picture: &pixels::Picture, number: u64) -> Result<PictureHead, ShelfError> {
        let exact = picture.exact.as_ref();
        let mut head = PictureHead {
            offset: 0,
            source: (picture.source_width, picture.source_height),
            halvings: picture.halvings,
            size: (picture.width, picture.height),
            exact: exact.map_or((0, 0), |exact| (exact.width, exact.height)),
            colour: picture.colour,
            rotation: picture.rotation,
        };
        let length = head.lengths().iter().sum();
        let place = self.place(length, number);
        head.offset = place.ok_or(ShelfError::Full(length))?;
        let mut at = head.offset;
        let planes = [Some(&picture.y), Some(&picture.uv), exact.map(|e| &e.bgra)];
        for plane in planes.into_iter().flatten() {
            self.memory.write(plane, at)?;
            at += plane.len() as u64;
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again_from_the_lowest_on() {
        let mut shelf = Shelf::new(Memory::new().unwrap());
        assert_eq!(shelf.place(5000, 1), Some(0));
        assert_eq!(shelf.place(100, 2), Some(8192));
        assert_eq!(shelf.place(100, 3), Some(12288));
        shelf.free_up_to(1);
        assert_eq!(shelf.place(9000, 4), Some(16384), "the gap is too small");
        assert_eq!(shelf.place(8192, 5), Some(0), "the gap fits");
        assert_eq!(shelf.place(MEMORY_BYTES, 6), None);
        shelf.free_up_to(5);
        assert_eq!(shelf.place(MEMORY_BYTES, 7), Some(0));
        assert_eq!(shelf.place(1, 8), None);
    }

    #[test]
    fn own_memory_is_known() {
        let worker = Worker {
            base: clock::now(),
            feeds: BTreeMap::new(),
            buffers: pixels::Pool::new(1),
            shelf: Shelf::new(Memory::new().unwrap()),
            own_memory: File::open("/proc/self/statm").ok(),
            faults: None,
        };
        assert!(worker.memory_kib() > 100);
    }
}
