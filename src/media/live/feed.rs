//! What one feed shares between its supervisor, the decode workers and the reader.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::disturbance::{Disturbance, Minute};
use super::look::Looking;
use super::parameter_sets::ParameterSets;
use super::proof::Judgement;
use super::work::{Running, Wish, Work};
use crate::base::clock::{self, WallTime};
use crate::media::ring::{Budget, Ring};
use crate::media::source::{Address, EncodedUnit, NEVER_TOLD, SourceReport};
use crate::model::camera::{CameraId, StreamKind};
use crate::model::camera_clock::{CameraClock, ClockOffset};
use crate::model::codec::Codec;
use crate::model::condition::{self, Load, Reason};
use crate::model::frame::Integrity;
use crate::pixels::{Look, Picture};

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
const INBOX_UNITS: usize = 400;
/// Where no keyframe came for so long although units do, decoding is tried at any unit …
const TRY_AFTER: Duration = Duration::from_secs(8);
/// … if it was so many units.
const TRY_AFTER_UNITS: u32 = 16;
/// A feed with more waiting units than this catches up: most of its pictures are not made.
const CATCHING_UP: usize = 3;
/// Of a feed that is slowed one picture is made for so many left out.
const LEFT_OUT_SLOWED: u8 = 2;
/// And of one that catches up.
const LEFT_OUT_CATCHING_UP: u8 = 5;
/// Where every unit is a keyframe, or nearly, no more than one in this time is decoded.
const KEY_EVERY: Duration = Duration::from_millis(900);
/// A group of pictures that is kept for catching up has no more units than this …
const GROUP_UNITS: usize = 300;
/// … and no more bytes.
const GROUP_BYTES: usize = 8 << 20;

/// One feed.
pub struct Feed {
    /// Which.
    pub id: FeedId,
    pub(super) address: Address,
    ring: Ring,
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
    disturbance: Mutex<Disturbance>,
    /// How far what arrives lies behind, nanoseconds.
    lag_nanos: AtomicU64,
    camera_clock: Mutex<CameraClock>,
    /// What is seen now is to be taken for normal.
    accepted: AtomicBool,
    pub(super) looking: Looking,
    way: Mutex<Arc<SourceReport>>,
}

#[derive(Default)]
pub(super) struct Inbox {
    units: VecDeque<Queued>,
    /// Units are missing: nothing makes sense before the next keyframe.
    gap: Option<Gap>,
    /// What came since then, while units are missing.
    passed_over: PassedOver,
    /// Decoding was tried at a unit that is no keyframe, and none has come since.
    is_trying: bool,
    effort: Load,
    /// While less than everything is decoded: what came since the last unit that was queued. When
    /// everything is wanted again it is decoded at once, instead of waiting for a keyframe.
    group: Group,
    /// When a keyframe was queued last while only keyframes are decoded.
    last_key: Option<Instant>,
}

impl Inbox {
    /// Whether decoding is tried at this unit, which is no keyframe, because none comes.
    fn is_to_be_tried(&mut self, unit: &EncodedUnit) -> bool {
        let passed = &mut self.passed_over;
        let since = *passed.since.get_or_insert(unit.arrival);
        passed.units += 1;
        passed.sets.note(&unit.bytes, unit.codec);
        passed.units >= TRY_AFTER_UNITS
            && unit.arrival.saturating_duration_since(since) >= TRY_AFTER
    }

    fn is_key_due(&self, now: Instant) -> bool {
        self.last_key
            .is_none_or(|last| now.saturating_duration_since(last) >= KEY_EVERY)
    }
}

/// Units that were passed over because no keyframe has come.
#[derive(Default)]
struct PassedOver {
    since: Option<Instant>,
    units: u32,
    sets: ParameterSets,
}

/// A unit, and since when it waits.
struct Queued {
    unit: EncodedUnit,
    since: Instant,
}

/// Units in order, without a gap before or between them; or nothing that is of use.
#[derive(Default)]
struct Group {
    units: Vec<EncodedUnit>,
    bytes: usize,
    is_whole: bool,
}

impl Group {
    fn begin(&mut self, is_whole: bool) {
        self.units.clear();
        self.bytes = 0;
        self.is_whole = is_whole;
    }

    fn push(&mut self, unit: EncodedUnit) {
        self.bytes += unit.bytes.len();
        if self.units.len() >= GROUP_UNITS || self.bytes > GROUP_BYTES {
            self.begin(false);
        }
        if self.is_whole {
            self.units.push(unit);
        }
    }
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

impl Counters {
    /// What was done since `before`. A feed that was closed and opened anew in between began from
    /// nothing: all it did is since then.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let anew = self.units < before.units
            || self.due < before.due
            || self.decoded < before.decoded
            || self.taken < before.taken;
        if anew {
            return *self;
        }
        let passed = u64::saturating_sub;
        Self {
            sessions: passed(self.sessions, before.sessions),
            units: passed(self.units, before.units),
            bytes: passed(self.bytes, before.bytes),
            due: passed(self.due, before.due),
            lost_packets: passed(self.lost_packets, before.lost_packets),
            inbox_dropped: passed(self.inbox_dropped, before.inbox_dropped),
            decoded: passed(self.decoded, before.decoded),
            overwritten: passed(self.overwritten, before.overwritten),
            taken: passed(self.taken, before.taken),
        }
    }
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
    /// The last minute.
    pub minute: Minute,
    /// How it comes here, and what is overlooked for it.
    pub way: Arc<SourceReport>,
}

impl Feed {
    pub(super) fn new(id: FeedId, address: Address) -> Self {
        static NEXT_KEY: AtomicU64 = AtomicU64::new(1);
        let born = clock::now();
        Self {
            id,
            address,
            ring: Ring::new(&Budget::new(0)),
            key: NEXT_KEY.fetch_add(1, Relaxed),
            born,
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
            disturbance: Mutex::new(Disturbance::new(born)),
            lag_nanos: AtomicU64::new(0),
            camera_clock: Mutex::default(),
            accepted: AtomicBool::new(false),
            looking: Looking::default(),
            way: Mutex::default(),
        }
    }

    /// The same, whose last half minute is kept within `budget`.
    pub(super) fn with_ring(mut self, budget: &Arc<Budget>) -> Self {
        self.ring = Ring::new(budget);
        self
    }

    /// The encoded units of the last half minute.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether it is to be told how much moves; see [`Feed::motion`].
    pub fn set_watched(&self, watch: bool) {
        self.looking.watch(watch);
    }

    /// The share of the picture, 0..1, that changed within the last quarter of a second.
    pub fn motion(&self) -> f32 {
        self.looking.motion()
    }

    /// Asks for its next picture in full; who asked before is forgotten. Where nothing is decoded
    /// no answer comes.
    pub fn ask_for_look(&self, reply: crossbeam_channel::Sender<Look>) {
        self.looking.ask(reply);
    }

    pub(super) fn note_way(&self, way: SourceReport) {
        let mut known = self.way.lock();
        if **known != way {
            *known = Arc::new(way);
        }
    }

    /// How far what arrives lies behind what was sent, as far as a stall shows it.
    pub fn lag(&self) -> Duration {
        Duration::from_nanos(self.lag_nanos.load(Relaxed))
    }

    pub(super) fn note_lag(&self, lag: Duration) {
        self.lag_nanos.store(lag.as_nanos() as u64, Relaxed);
    }

    /// The camera's clock against ours, once it has told its time.
    pub fn clock_offset(&self) -> Option<ClockOffset> {
        self.camera_clock.lock().offset()
    }

    pub(super) fn note_capture(&self, capture: WallTime, arrival: WallTime, at: Instant) {
        self.camera_clock.lock().note(capture, arrival, at);
    }

    /// What is seen now is how the camera looks: blurred and moved are judged from here on.
    pub fn accept_picture(&self) {
        self.accepted.store(true, Relaxed);
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

    /// Takes the newest picture if it is drawn; else it stays.
    pub fn take_picture_if(&self, is_drawn: bool) -> Option<Arc<Picture>> {
        if is_drawn { self.take_picture() } else { None }
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

    /// What shall become of its next unit.
    pub(super) fn wish(&self, exact: bool, discard: bool) -> Wish {
        let leave_out = if self.num_waiting() > CATCHING_UP {
            LEFT_OUT_CATCHING_UP
        } else if self.effort() == Load::Slowed {
            LEFT_OUT_SLOWED
        } else {
            0
        };
        Wish {
            shown: self.shown_size(),
            exact,
            discard,
            leave_out,
            accept: self.accepted.swap(false, Relaxed),
            watch: self.looking.is_watched(),
            look: self.looking.is_asked(),
        }
    }

    /// How it stands.
    pub fn report(&self) -> FeedReport {
        let Running { codec, decoder } = self.running.lock().clone();
        FeedReport {
            codec,
            decoder,
            counters: self.counters(),
            minute: self.disturbance.lock().minute(clock::now()),
            way: Arc::clone(&self.way.lock()),
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

    /// What the detectors want of what was decoded.
    pub(super) fn note_look(&self, motion: Option<f32>, look: Option<Picture>) {
        if let Some(share) = motion {
            self.looking.note_motion(share);
        }
        if let Some(picture) = look {
            self.looking.answer(self.key, picture);
        }
    }

    /// What is to be said of its pictures; nothing before the first look of a session.
    pub(super) fn judged(&self) -> Option<Judgement> {
        let judged = *self.judged.lock();
        let hides_all = judged.is_some_and(|judged| judged.picture.hides_all());
        let disturbed = self.disturbance.lock().since().filter(|_| !hides_all);
        disturbed.map_or(judged, |since| {
            let picture = condition::Picture::Disturbed;
            Some(Judgement { picture, since })
        })
    }

    /// Packets were lost, or the stream's time jumped so often.
    pub(super) fn note_breaks(&self, lost_packets: u32, jumps: u64, at: Instant) {
        let mut disturbance = self.disturbance.lock();
        disturbance.lost(lost_packets, at);
        for _ in 0..jumps.min(100) {
            disturbance.discontinuity(at);
        }
    }

    pub(super) fn note_judgement(&self, judgement: Option<Judgement>) {
        *self.judged.lock() = judgement;
    }

    pub(super) fn note_picture(&self, at: Instant, integrity: Integrity) {
        self.disturbance.lock().picture(integrity, at);
        let nanos = at.saturating_duration_since(self.born).as_nanos() as u64;
        self.last_picture.store(nanos + 1, Relaxed);
        self.counts.decoded.fetch_add(1, Relaxed);
    }

    /// When the newest decoded picture arrived.
    pub fn last_picture(&self) -> Option<Instant> {
        let nanos = self.last_picture.load(Relaxed).checked_sub(1)?;
        Some(self.born + Duration::from_nanos(nanos))
    }

    /// How much of the stream is wanted: everything, everything but fewer pictures, keyframes, or
    /// nothing from `now` on. Receiving goes on in any case.
    pub fn set_effort(&self, effort: Load, now: Instant) {
        let mut inbox = self.inbox.lock();
        let before = std::mem::replace(&mut inbox.effort, effort);
        let (was_whole, is_whole) = (before >= Load::Slowed, effort >= Load::Slowed);
        if was_whole && !is_whole {
            let whole = inbox.gap.is_none();
            inbox.group.begin(whole);
        }
        if !was_whole && is_whole {
            let group = std::mem::take(&mut inbox.group);
            if group.is_whole {
                let queued = group
                    .units
                    .into_iter()
                    .map(|unit| Queued { unit, since: now });
                inbox.units.extend(queued);
                inbox.gap = None;
            } else {
                inbox.gap = Some(Gap::Joined);
            }
        }
    }

    /// How much of the stream is wanted.
    pub fn effort(&self) -> Load {
        self.inbox.lock().effort
    }

    /// Queues a unit, if it is wanted. False when nothing is to be decoded now.
    pub(super) fn offer(&self, mut unit: EncodedUnit) -> bool {
        let mut inbox = self.inbox.lock();
        match inbox.effort {
            Load::Full | Load::Slowed => {}
            Load::Keyframes if unit.keyframe && inbox.is_key_due(unit.arrival) => {
                inbox.last_key = Some(unit.arrival);
                inbox.group.begin(true);
            }
            _ => {
                if unit.keyframe {
                    inbox.group.begin(true);
                }
                inbox.group.push(unit);
                return false;
            }
        }
        if unit.keyframe {
            inbox.gap = None;
            inbox.is_trying = false;
            inbox.passed_over = PassedOver::default();
        } else if inbox.gap.is_some() && inbox.is_to_be_tried(&unit) {
            inbox.gap = None;
            inbox.is_trying = true;
            unit.keyframe = true;
            unit.recovers_after = NEVER_TOLD;
            unit.bytes = std::mem::take(&mut inbox.passed_over)
                .sets
                .before(&unit.bytes)
                .into();
        }
        let oldest = inbox.units.front().map(|oldest| oldest.since);
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
                let since = unit.arrival;
                inbox.units.push_back(Queued { unit, since });
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
        inbox.passed_over = PassedOver::default();
        inbox.is_trying = false;
        inbox.group.begin(false);
        self.new_session.store(true, Relaxed);
        drop(inbox);
        self.trouble.lock().take();
        let before = self.counts.sessions.fetch_add(1, Relaxed);
        let mut disturbance = self.disturbance.lock();
        disturbance.begin_session(before == 0, clock::now());
    }

    /// Units come, and none of them at which decoding may begin.
    pub(super) fn awaits_keyframe(&self) -> bool {
        let inbox = self.inbox.lock();
        inbox.effort != Load::Paused && (inbox.gap.is_some() || inbox.is_trying)
    }

    /// Decoding is tried where no keyframe is: that no picture comes of it is no failure.
    pub(super) fn is_trying(&self) -> bool {
        self.inbox.lock().is_trying
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
        let newest = inbox.units.iter().rposition(|queued| queued.unit.keyframe);
        let dropped = newest.unwrap_or(inbox.units.len());
        inbox.units.drain(..dropped);
        if newest.is_none() && inbox.gap.is_none() {
            inbox.gap = Some(Gap::Overflow);
        }
        let counted = &self.counts.inbox_dropped;
        counted.fetch_add(dropped as u64, Relaxed);
    }

    pub(super) fn next_unit(&self) -> Option<EncodedUnit> {
        self.inbox
            .lock()
            .units
            .pop_front()
            .map(|queued| queued.unit)
    }

    /// How many units wait to be decoded.
    pub(super) fn num_waiting(&self) -> usize {
        self.inbox.lock().units.len()
    }

    pub(super) fn has_units(&self) -> bool {
        self.num_waiting() > 0
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::MediaTime;
    use crate::media::source::Parameters;
    use crate::model::camera::StreamKind;

    fn feed() -> Feed {
        let id = FeedId {
            camera: CameraId::new("c").unwrap(),
            stream: StreamKind::Sub,
        };
        let address = Address {
            url: "rtsp://127.0.0.1/c".parse().unwrap(),
            credentials: None,
        };
        let feed = Feed::new(id, address);
        feed.begin_session();
        feed
    }

    /// Unit `number` of groups of ten, ten a second.
    fn unit(number: i64) -> EncodedUnit {
        EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters::default(),
            pts: MediaTime(number),
            arrival: at(number),
            capture: None,
            keyframe: number % 10 == 0,
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: vec![0; 100].into(),
        }
    }

    thread_local! {
        static START: Instant = clock::now();
    }

    /// When unit `number` arrives.
    fn at(number: i64) -> Instant {
        START.with(|start| *start) + Duration::from_millis(100 * number as u64)
    }

    /// Offers units; what a worker that keeps up is given.
    fn offer(feed: &Feed, numbers: std::ops::Range<i64>) -> Vec<i64> {
        numbers
            .flat_map(|number| {
                feed.offer(unit(number));
                queued(feed)
            })
            .collect()
    }

    fn queued(feed: &Feed) -> Vec<i64> {
        std::iter::from_fn(|| feed.next_unit())
            .map(|unit| unit.pts.0)
            .collect()
    }

    #[test]
    fn a_feed_that_was_opened_anew_counts_from_nothing() {
        let before = Counters {
            units: 100,
            decoded: 90,
            taken: 80,
            ..Counters::default()
        };
        let later = Counters {
            units: 115,
            decoded: 104,
            taken: 92,
            overwritten: 2,
            ..Counters::default()
        };
        let since = later.since(&before);
        assert_eq!(
            (since.units, since.decoded, since.taken, since.overwritten),
            (15, 14, 12, 2)
        );
        let anew = Counters {
            units: 7,
            decoded: 5,
            taken: 4,
            ..Counters::default()
        };
        assert_eq!(anew.since(&before), anew, "closed and opened in a second");
    }

    #[test]
    fn a_feed_that_nobody_sees_decodes_keyframes_and_catches_up_without_a_gap() {
        let feed = feed();
        assert_eq!(offer(&feed, 0..14), (0..14).collect::<Vec<_>>());
        feed.set_effort(Load::Keyframes, at(0));
        assert_eq!(offer(&feed, 14..37), [20, 30]);
        feed.set_effort(Load::Full, at(37));
        assert_eq!(offer(&feed, 37..39), [31, 32, 33, 34, 35, 36, 37, 38]);
    }

    #[test]
    fn it_goes_on_within_the_same_group() {
        let feed = feed();
        offer(&feed, 0..4);
        feed.set_effort(Load::Keyframes, at(0));
        offer(&feed, 4..7);
        feed.set_effort(Load::Slowed, at(7));
        assert_eq!(offer(&feed, 7..9), [4, 5, 6, 7, 8]);
        feed.set_effort(Load::Paused, at(0));
        assert_eq!(offer(&feed, 9..23), [0; 0]);
        feed.set_effort(Load::Full, at(23));
        assert_eq!(
            offer(&feed, 23..24),
            [20, 21, 22, 23],
            "from the last keyframe"
        );
    }

    #[test]
    fn after_a_gap_it_waits_for_a_keyframe() {
        let joins_late = feed();
        joins_late.set_effort(Load::Keyframes, at(0));
        offer(&joins_late, 3..7);
        joins_late.set_effort(Load::Full, at(0));
        assert_eq!(offer(&joins_late, 7..12), [10, 11]);

        let feed = feed();
        offer(&feed, 0..3);
        feed.set_effort(Load::Keyframes, at(0));
        offer(&feed, 3..5);
        feed.begin_session();
        offer(&feed, 5..8);
        feed.set_effort(Load::Full, at(0));
        assert_eq!(offer(&feed, 8..12), [10, 11], "another session");
    }

    #[test]
    fn of_a_stream_of_keyframes_one_a_second_is_decoded() {
        let feed = feed();
        feed.set_effort(Load::Keyframes, at(0));
        let mut seen = Vec::new();
        for number in 0..30 {
            let keyframe = true;
            feed.offer(EncodedUnit {
                keyframe,
                ..unit(number)
            });
            seen.extend(queued(&feed));
        }
        assert_eq!(seen, [0, 9, 18, 27]);
        feed.set_effort(Load::Full, at(0));
        assert_eq!(queued(&feed), [29]);
    }

    #[test]
    fn where_no_keyframe_comes_decoding_is_tried_with_the_parameter_sets_that_came() {
        let feed = feed();
        let sets = [0, 0, 0, 1, 0x68, 0xce, 0x38, 0x80];
        let plain = |number: i64| EncodedUnit {
            keyframe: false,
            bytes: if number == 1 {
                sets.to_vec()
            } else {
                vec![7; 9]
            }
            .into(),
            ..unit(number)
        };
        let mut first = None;
        for number in 1..200 {
            assert!(first.is_some() || feed.awaits_keyframe());
            feed.offer(plain(number));
            first = first.or(feed.next_unit());
            feed.forget_units();
        }
        let first = first.unwrap();
        assert_eq!(first.pts.0, 81, "after eight seconds");
        assert!(first.keyframe);
        assert_eq!(first.recovers_after, NEVER_TOLD);
        assert_eq!(first.bytes[..], [&sets[..], &[7; 9]].concat());
        assert!(feed.is_trying() && feed.awaits_keyframe());
        feed.offer(unit(200));
        assert!(!feed.is_trying() && !feed.awaits_keyframe());
    }

    #[test]
    fn a_camera_that_sends_seldom_is_given_time_for_its_keyframe() {
        let feed = feed();
        for number in 1..16 {
            let arrival = at(80 * number);
            let keyframe = false;
            assert!(!feed.offer(EncodedUnit {
                arrival,
                keyframe,
                ..unit(number)
            }));
        }
    }

    #[test]
    fn a_group_without_end_is_not_kept() {
        let feed = feed();
        feed.offer(unit(0));
        feed.set_effort(Load::Keyframes, at(0));
        for _ in 0..GROUP_UNITS + 5 {
            feed.offer(unit(1));
        }
        assert!(feed.inbox.lock().group.units.is_empty());
        feed.set_effort(Load::Full, at(0));
        assert_eq!(offer(&feed, 5..12), [0, 10, 11]);
    }
}
