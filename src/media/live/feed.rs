//! What one feed shares between its supervisor, the decode workers and the reader.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::proof::Judgement;
use super::work::{Running, Work};
use crate::base::clock;
use crate::media::source::{Address, EncodedUnit};
use crate::model::camera::{CameraId, StreamKind};
use crate::model::codec::Codec;
use crate::model::condition::Reason;
use crate::pixels::Picture;

/// One stream of one camera.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId {
    /// The camera.
    pub camera: CameraId,
    /// Which of its streams.
    pub stream: StreamKind,
}

/// Units older than this behind the newest are too late to be worth decoding: all that wait go, and
/// decoding starts again at the next keyframe. Newest wins.
const INBOX_SPAN: Duration = Duration::from_millis(1200);
/// No more units than this wait, however fast they come.
const INBOX_UNITS: usize = 120;

/// One feed.
pub struct Feed {
    /// Which.
    pub id: FeedId,
    pub(super) address: Address,
    key: u64,
    born: Instant,
    pub(super) inbox: Mutex<Inbox>,
    pub(super) work: Mutex<Work>,
    /// In the workers' queue or in a worker's hands.
    pub(super) scheduled: AtomicBool,
    closed: AtomicBool,
    /// A session has begun since a decoder last looked.
    new_session: AtomicBool,
    slot: Mutex<Option<Arc<Picture>>>,
    judged: Mutex<Option<Judgement>>,
    /// Width and height of the largest tile that shows it, in pixels; 0 when none does.
    wanted_px: AtomicU64,
    /// Arrival of the newest decoded picture, nanoseconds since `born`, plus one; 0 = none.
    last_picture: AtomicU64,
    pub(super) trouble: Mutex<Option<Reason>>,
    setback: Mutex<Option<Setback>>,
    running: Mutex<Running>,
    pub(super) counts: Counts,
}

#[derive(Default)]
pub(super) struct Inbox {
    units: VecDeque<EncodedUnit>,
    /// Units are missing: nothing makes sense before the next keyframe.
    gap: Option<Gap>,
}

/// Why units are missing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// A session begins in the middle of a group of pictures.
    Joined,
    /// Decoding could not keep up.
    Overflow,
}

/// The decoder was lost, and the session goes on.
#[derive(Clone, Debug)]
pub(super) struct Setback {
    pub(super) reason: Reason,
    /// Pictures of units that arrived from then on are signs of life; it may be in the future.
    pub(super) from: Instant,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) sessions: AtomicU64,
    pub(super) units: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) due: AtomicU64,
    pub(super) lost_packets: AtomicU64,
    pub(super) inbox_dropped: AtomicU64,
    pub(super) decoded: AtomicU64,
    pub(super) overwritten: AtomicU64,
    pub(super) taken: AtomicU64,
}

/// What a feed has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Sessions opened.
    pub sessions: u64,
    /// Units received.
    pub units: u64,
    /// Bytes received in them.
    pub bytes: u64,
    /// Frames the camera sent between the first and the last received, by its own numbering
    /// where it has one.
    pub due: u64,
    /// Packets known to be lost.
    pub lost_packets: u64,
    /// Units dropped because decoding could not keep up, or had to start again.
    pub inbox_dropped: u64,
    /// Frames decoded.
    pub decoded: u64,
    /// Pictures replaced by a newer one before anybody took them.
    pub overwritten: u64,
    /// Pictures taken to be shown.
    pub taken: u64,
}

/// How a feed stands now.
#[derive(Clone, Debug, Default)]
pub struct FeedReport {
    /// Codec of the running session.
    pub codec: Option<Codec>,
    /// The decoder element in use.
    pub decoder: Option<String>,
    /// Counters.
    pub counters: Counters,
}

impl Feed {
    pub(super) fn new(id: FeedId, address: Address) -> Self {
        static NEXT_KEY: AtomicU64 = AtomicU64::new(1);
        Self {
            id,
            address,
            key: NEXT_KEY.fetch_add(1, Relaxed),
            born: clock::now(),
            inbox: Mutex::default(),
            work: Mutex::default(),
            scheduled: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            new_session: AtomicBool::new(false),
            slot: Mutex::default(),
            judged: Mutex::default(),
            wanted_px: AtomicU64::new(0),
            last_picture: AtomicU64::new(0),
            trouble: Mutex::default(),
            setback: Mutex::default(),
            running: Mutex::default(),
            counts: Counts::default(),
        }
    }

    /// A number of its own within this process, never used again: the key of its texture.
    pub fn key(&self) -> u64 {
        self.key
    }

    /// Takes the newest picture, if one came since the last call.
    pub fn take_picture(&self) -> Option<Arc<Picture>> {
        let picture = self.slot.lock().take();
        if picture.is_some() {
            self.counts.taken.fetch_add(1, Relaxed);
        }
        picture
    }

    /// True when a picture waits to be taken.
    pub fn has_picture(&self) -> bool {
        self.slot.lock().is_some()
    }

    /// Tells how large the feed is shown, in pixels; (0, 0) when it is not.
    pub fn set_shown_size(&self, width_px: u32, height_px: u32) {
        self.wanted_px
            .store(u64::from(width_px) << 32 | u64::from(height_px), Relaxed);
    }

    pub(super) fn shown_size(&self) -> (u32, u32) {
        let packed = self.wanted_px.load(Relaxed);
        ((packed >> 32) as u32, packed as u32)
    }

    /// How it stands.
    pub fn report(&self) -> FeedReport {
        let Running { codec, decoder } = self.running.lock().clone();
        FeedReport {
            codec,
            decoder,
            counters: self.counters(),
        }
    }

    /// The counters alone.
    pub fn counters(&self) -> Counters {
        let c = &self.counts;
        Counters {
            sessions: c.sessions.load(Relaxed),
            units: c.units.load(Relaxed),
            bytes: c.bytes.load(Relaxed),
            due: c.due.load(Relaxed),
            lost_packets: c.lost_packets.load(Relaxed),
            inbox_dropped: c.inbox_dropped.load(Relaxed),
            decoded: c.decoded.load(Relaxed),
            overwritten: c.overwritten.load(Relaxed),
            taken: c.taken.load(Relaxed),
        }
    }

    /// Puts a picture into the slot; true when it replaced one that nobody had taken.
    pub(super) fn put_picture(&self, picture: Picture) {
        let overwritten = self.slot.lock().replace(Arc::new(picture)).is_some();
        if overwritten {
            self.counts.overwritten.fetch_add(1, Relaxed);
        }
    }

    /// What the last look at the pictures said; nothing before the first of a session.
    pub(super) fn judged(&self) -> Option<Judgement> {
        *self.judged.lock()
    }

    pub(super) fn note_judgement(&self, judgement: Option<Judgement>) {
        *self.judged.lock() = judgement;
    }

    pub(super) fn note_picture(&self, at: Instant) {
        let nanos = at.saturating_duration_since(self.born).as_nanos() as u64;
        self.last_picture.store(nanos + 1, Relaxed);
        self.counts.decoded.fetch_add(1, Relaxed);
    }

    /// When the newest decoded picture arrived.
    pub fn last_picture(&self) -> Option<Instant> {
        let nanos = self.last_picture.load(Relaxed).checked_sub(1)?;
        Some(self.born + Duration::from_nanos(nanos))
    }

    /// Queues a unit. False when the inbox was full: everything in it is gone.
    pub(super) fn offer(&self, unit: EncodedUnit) -> bool {
        let mut inbox = self.inbox.lock();
        if unit.keyframe {
            inbox.gap = None;
        }
        let oldest = inbox.units.front().map(|oldest| oldest.arrival);
        let too_late = oldest
            .is_some_and(|oldest| unit.arrival.saturating_duration_since(oldest) > INBOX_SPAN);
        if too_late || inbox.units.len() >= INBOX_UNITS {
            let dropped = inbox.units.len() as u64;
            self.counts.inbox_dropped.fetch_add(dropped, Relaxed);
            inbox.units.clear();
            inbox.gap = (!unit.keyframe).then_some(Gap::Overflow);
        }
        match inbox.gap {
            None => {
                inbox.units.push_back(unit);
                true
            }
            Some(gap) => {
                if gap == Gap::Overflow {
                    self.counts.inbox_dropped.fetch_add(1, Relaxed);
                }
                false
            }
        }
    }

    /// A session begins: what came before has nothing to do with what comes.
    pub(super) fn begin_session(&self) {
        let mut inbox = self.inbox.lock();
        inbox.units.clear();
        inbox.gap = Some(Gap::Joined);
        self.new_session.store(true, Relaxed);
        drop(inbox);
        self.trouble.lock().take();
        self.counts.sessions.fetch_add(1, Relaxed);
    }

    pub(super) fn note_running(&self, running: Running) {
        *self.running.lock() = running;
    }

    pub(super) fn note_setback(&self, setback: Setback) {
        *self.setback.lock() = Some(setback);
    }

    pub(super) fn take_setback(&self) -> Option<Setback> {
        self.setback.lock().take()
    }

    /// Another decoder begins: what waits goes, but for what is decodable without it.
    pub(super) fn skip_to_keyframe(&self) {
        let mut inbox = self.inbox.lock();
        let newest = inbox.units.iter().rposition(|unit| unit.keyframe);
        let dropped = newest.unwrap_or(inbox.units.len());
        inbox.units.drain(..dropped);
        if newest.is_none() && inbox.gap.is_none() {
            inbox.gap = Some(Gap::Overflow);
        }
        let counted = &self.counts.inbox_dropped;
        counted.fetch_add(dropped as u64, Relaxed);
    }

    pub(super) fn next_unit(&self) -> Option<EncodedUnit> {
        self.inbox.lock().units.pop_front()
    }

    pub(super) fn has_units(&self) -> bool {
        !self.inbox.lock().units.is_empty()
    }

    pub(super) fn forget_units(&self) {
        self.inbox.lock().units.clear();
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Relaxed);
        self.forget_units();
    }

    /// True once for each session: the decoder of the one before has nothing to do with it, and one
    /// that damaged units led astray must not outlive its session.
    pub(super) fn take_new_session(&self) -> bool {
        self.new_session.swap(false, Relaxed)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed)
    }
}
