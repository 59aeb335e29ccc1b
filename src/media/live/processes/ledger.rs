//! The wall's books on one decoder process: which units it was given, which it has answered for.
//!
//! A decoder process works on its units one after the other, so it answers in the order in which it
//! was given them, and the first unanswered unit is the one it is at. That is how the feed is found
//! whose unit ended it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::platform::MEMORY_BYTES;
use super::rules::Strikes;
use super::wire::{Done, PictureHead, UnitHead};
use crate::base::clock::MediaTime;
use crate::media::live::feed::Feed;
use crate::media::live::proof::Judgement;
use crate::media::live::work::Wish;
use crate::media::source::EncodedUnit;
use crate::model::frame::{Capture, Integrity};
use crate::pixels::MOST_HALVINGS;
use crate::pixels::reduce::reduced_size;

/// Units of one feed that a process has at the same time: one at work, one so that it need not wait.
const UNITS_AHEAD: usize = 2;
/// Units whose times are kept for frames that come out late.
const TIMES_KEPT: usize = 64;
/// No side of a picture is longer, pixels.
const LONGEST_SIDE: u32 = 1 << 15;

/// A process says what cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lie {
    #[error("it answers for unit {0} out of turn")]
    Turn(u64),
    #[error("it has a frame of unit {0}, which is not one of that feed's last")]
    Frame(u64),
    #[error("it has a picture of {0}×{1}, which cannot be")]
    Size(u32, u32),
    #[error("it has a picture at {offset} of {bytes} bytes, outside its memory")]
    Place { offset: u64, bytes: u64 },
    #[error("it has a picture without a frame")]
    PictureWithoutFrame,
}

/// A feed in the books of a process.
pub(super) struct Member {
    pub(super) feed: Arc<Feed>,
    pub(super) strikes: Strikes,
    /// Given up until then.
    pub(super) paused_until: Option<Instant>,
    /// Units given, not yet answered for.
    ahead: usize,
    times: VecDeque<Times>,
    /// Number of the first unit of the running session.
    session_from: u64,
    /// Serial of the last frame.
    serial: u64,
    /// How much the process has grown at units of this feed, KiB.
    grown_kib: u64,
    /// Had units since the process started.
    active: bool,
}

/// Times of a unit; they do not cross.
#[derive(Clone, Copy, Debug)]
struct Times {
    number: u64,
    pts: MediaTime,
    arrival: Instant,
    capture: Option<Capture>,
}

/// A unit's answer, checked and with the times that belong to it.
pub(super) struct Checked {
    pub(super) feed: Arc<Feed>,
    /// Of a session that has ended.
    pub(super) outdated: bool,
    /// Arrivals of the frames that came out, and whether they are whole.
    pub(super) frames: Vec<(Instant, Integrity)>,
    pub(super) picture: Option<CheckedPicture>,
    pub(super) look: Option<CheckedPicture>,
    /// 0..1.
    pub(super) motion: Option<f32>,
    pub(super) judgement: Option<Judgement>,
}

/// What is needed to make a picture of the process's memory.
pub(super) struct CheckedPicture {
    pub(super) head: PictureHead,
    pub(super) serial: u64,
    pub(super) pts: MediaTime,
    pub(super) arrival: Instant,
    pub(super) capture: Option<Capture>,
}

/// The books on one process.
pub(super) struct Ledger {
    /// By the feed's key.
    pub(super) members: BTreeMap<u64, Member>,
    /// Unanswered units, oldest first: number and feed.
    sent: VecDeque<(u64, u64)>,
    next_number: u64,
    /// Memory at the last answer, KiB.
    memory_kib: Option<u64>,
    /// Times cross as nanoseconds since then.
    epoch: Instant,
}

impl Member {
    pub(super) fn new(feed: Arc<Feed>) -> Self {
        Self {
            feed,
            strikes: Strikes::default(),
            paused_until: None,
            ahead: 0,
            times: VecDeque::new(),
            session_from: 0,
            serial: 0,
            grown_kib: 0,
            active: false,
        }
    }

    fn begin(&mut self) {
        self.ahead = 0;
        self.times.clear();
        self.session_from = 0;
        self.grown_kib = 0;
        self.active = false;
    }
}

impl Ledger {
    pub(super) fn new(epoch: Instant) -> Self {
        Self {
            members: BTreeMap::new(),
            sent: VecDeque::new(),
            next_number: 1,
            memory_kib: None,
            epoch,
        }
    }

    /// Whether a unit of a feed may be given now.
    pub(super) fn may_send(&self, feed: u64) -> bool {
        self.members
            .get(&feed)
            .is_some_and(|member| member.ahead < UNITS_AHEAD && member.paused_until.is_none())
    }

    /// Enters a unit that is being given; what crosses of it.
    pub(super) fn send(
        &mut self,
        key: u64,
        unit: &EncodedUnit,
        new_session: bool,
        wish: Wish,
        taken: u64,
    ) -> Option<UnitHead> {
        let member = self.members.get_mut(&key)?;
        let number = self.next_number;
        self.next_number += 1;
        if new_session {
            member.session_from = number;
        }
        member.ahead += 1;
        member.active = true;
        if member.times.len() >= TIMES_KEPT {
            member.times.pop_front();
        }
        member.times.push_back(Times {
            number,
            pts: unit.pts,
            arrival: unit.arrival,
            capture: unit.capture,
        });
        self.sent.push_back((number, key));
        let since = unit.arrival.saturating_duration_since(self.epoch);
        Some(UnitHead {
            feed: key,
            number,
            taken,
            arrival_ns: since.as_nanos() as u64,
            pts_ns: unit.pts.0,
            shown: wish.shown,
            codec: unit.codec,
            keyframe: unit.keyframe,
            recovers_after: unit.recovers_after,
            lost_packets: unit.lost_packets,
            is_damaged: unit.is_damaged,
            new_session,
            exact: wish.exact,
            discard: wish.discard,
            leave_out: wish.leave_out,
            accept: wish.accept,
            watch: wish.watch,
            look: wish.look,
        })
    }

    /// Checks an answer and enters it; nothing when its feed was closed meanwhile.
    pub(super) fn answered(&mut self, done: &Done, now: Instant) -> Result<Option<Checked>, Lie> {
        let Some((number, key)) = self.sent.front().copied() else {
            return Err(Lie::Turn(done.number));
        };
        if number != done.number {
            return Err(Lie::Turn(done.number));
        }
        self.sent.pop_front();
        let grown = done.memory_kib.saturating_sub(
            self.memory_kib
                .replace(done.memory_kib)
                .unwrap_or(done.memory_kib),
        );
        let Some(member) = self.members.get_mut(&key) else {
            return Ok(None);
        };
        member.ahead = member.ahead.saturating_sub(1);
        member.grown_kib = member.grown_kib.saturating_add(grown);
        let mut frames = Vec::with_capacity(done.frames.len());
        let mut last = None;
        for (number, integrity) in &done.frames {
            let found = member.times.iter().find(|times| times.number == *number);
            let times = *found.ok_or(Lie::Frame(*number))?;
            frames.push((times.arrival, *integrity));
            last = Some(times);
            member.serial += 1;
        }
        let serial = member.serial;
        let checked = |head: Option<PictureHead>| match (head, last) {
            (None, _) => Ok(None),
            (Some(_), None) => Err(Lie::PictureWithoutFrame),
            (Some(head), Some(times)) => {
                check_picture(&head)?;
                Ok(Some(CheckedPicture {
                    head,
                    serial,
                    pts: times.pts,
                    arrival: times.arrival,
                    capture: times.capture,
                }))
            }
        };
        let (picture, look) = (checked(done.picture)?, checked(done.look)?);
        let judgement = done.judgement.map(|judged| Judgement {
            picture: judged.picture,
            since: self
                .epoch
                .checked_add(Duration::from_nanos(judged.since_ns))
                .map_or(now, |since| since.min(now)),
        });
        Ok(Some(Checked {
            feed: Arc::clone(&member.feed),
            outdated: number < member.session_from,
            frames,
            picture,
            look,
            motion: done.motion.map(|share| f32::from(share.min(1000)) / 1000.0),
            judgement,
        }))
    }

    /// The number of the oldest unanswered unit.
    pub(super) fn oldest_unanswered(&self) -> Option<u64> {
        self.sent.front().map(|(number, _)| *number)
    }

    /// The feed of the unit that the process is at.
    pub(super) fn at_work(&self) -> Option<u64> {
        self.sent.front().map(|(_, feed)| *feed)
    }

    /// The feed at whose units the process has grown most, where that is half or more of all.
    pub(super) fn eater(&self) -> Option<u64> {
        let all: u64 = self.members.values().map(|m| m.grown_kib).sum();
        let (key, most) = self.members.iter().max_by_key(|(_, m)| m.grown_kib)?;
        (most.grown_kib > 0 && 2 * most.grown_kib >= all).then_some(*key)
    }

    /// The process is gone, and with it all that it was given: the feeds that it worked for.
    pub(super) fn begin(&mut self) -> Vec<Arc<Feed>> {
        self.sent.clear();
        self.memory_kib = None;
        let mut lost = Vec::new();
        for member in self.members.values_mut() {
            if member.active {
                lost.push(Arc::clone(&member.feed));
            }
            member.begin();
        }
        lost
    }

    /// Takes a feed out, to close it or to give it to another process.
    pub(super) fn remove(&mut self, key: u64) -> Option<Member> {
        let mut member = self.members.remove(&key)?;
        member.begin();
        Some(member)
    }

    /// How much work its feeds are.
    pub(super) fn weight(&self) -> usize {
        let feeds = self.members.values();
        feeds.map(|m| super::rules::weight(m.feed.id.stream)).sum()
    }
}

/// Whether a picture can be, and lies within the memory.
fn check_picture(head: &PictureHead) -> Result<(), Lie> {
    let sides = [head.source.0, head.source.1];
    let whole = sides.iter().all(|side| (1..=LONGEST_SIDE).contains(side))
        && head.halvings <= MOST_HALVINGS
        && head.size == reduced_size(head.source, head.halvings);
    if !whole {
        return Err(Lie::Size(head.source.0, head.source.1));
    }
    let (width, height) = head.exact;
    if width.max(height) > LONGEST_SIDE || (width == 0) != (height == 0) {
        return Err(Lie::Size(width, height));
    }
    // At most 2³⁰ samples a plane: no sum below runs over.
    let bytes: u64 = head.lengths().iter().sum();
    let end = head.offset.checked_add(bytes);
    if end.is_none_or(|end| end > MEMORY_BYTES) {
        return Err(Lie::Place {
            offset: head.offset,
            bytes,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::media::live::FeedId;
    use crate::media::source::Address;
    use crate::model::camera::{CameraId, StreamKind};
    use crate::model::codec::Codec;
    use crate::model::condition::Picture;
    use crate::model::frame::{Colour, Rotation};

    fn feed(name: &str) -> Arc<Feed> {
        let id = FeedId {
            camera: CameraId::new(name).unwrap(),
            stream: StreamKind::Sub,
        };
        let url = "rtsp://192.0.2.1/sub".parse().unwrap();
        Arc::new(Feed::new(
            id,
            Address {
                url,
                credentials: None,
            },
        ))
    }

    fn unit(arrival: Instant) -> EncodedUnit {
        EncodedUnit {
            codec: Codec::H264,
            parameters: crate::media::source::Parameters::default(),
            pts: MediaTime(1),
            arrival,
            capture: None,
            keyframe: true,
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: bytes::Bytes::from_static(b"x"),
        }
    }

    struct Books {
        ledger: Ledger,
        now: Instant,
        keys: Vec<u64>,
    }

    impl Books {
        fn new(feeds: usize) -> Self {
            let now = clock::now();
            let mut ledger = Ledger::new(now);
            let keys = (0..feeds)
                .map(|index| {
                    let feed = feed(&format!("cam-{index}"));
                    let key = feed.key();
                    ledger.members.insert(key, Member::new(feed));
                    key
                })
                .collect();
            Self { ledger, now, keys }
        }

        fn give(&mut self, index: usize, new_session: bool) -> u64 {
            let (key, unit) = (self.keys[index], unit(self.now));
            assert!(self.ledger.may_send(key));
            let head = self
                .ledger
                .send(key, &unit, new_session, Wish::default(), 0)
                .unwrap();
            head.number
        }

        fn answer(&mut self, done: Done) -> Result<Option<Checked>, Lie> {
            self.ledger.answered(&done, self.now)
        }
    }

    fn done(number: u64) -> Done {
        Done {
            number,
            frames: vec![(number, Integrity::Whole)],
            ..Done::default()
        }
    }

    fn picture() -> PictureHead {
        PictureHead {
            offset: 0,
            source: (640, 360),
            halvings: 1,
            size: (320, 180),
            exact: (271, 152),
            colour: Colour::default(),
            rotation: Rotation::None,
        }
    }

    #[test]
    fn answers_come_in_turn_and_make_room() {
        let mut books = Books::new(2);
        let numbers = [
            books.give(0, true),
            books.give(1, true),
            books.give(0, false),
        ];
        assert!(!books.ledger.may_send(books.keys[0]), "two are enough");
        assert_eq!(books.ledger.at_work(), Some(books.keys[0]));
        let checked = books.answer(done(numbers[0])).unwrap().unwrap();
        assert_eq!(checked.frames, [(books.now, Integrity::Whole)]);
        assert!(!checked.outdated);
        assert!(books.ledger.may_send(books.keys[0]));
        assert_eq!(books.ledger.at_work(), Some(books.keys[1]));
        assert_eq!(
            books.answer(done(numbers[2])).err(),
            Some(Lie::Turn(numbers[2]))
        );
    }

    #[test]
    fn what_cannot_be_is_a_lie() {
        let lie = |change: fn(&mut Done)| {
            let mut books = Books::new(2);
            let other = books.give(1, true);
            let number = books.give(0, true);
            books.answer(done(other)).unwrap();
            let mut told = Done {
                picture: Some(picture()),
                ..done(number)
            };
            change(&mut told);
            books.answer(told).err()
        };
        fn head(done: &mut Done) -> &mut PictureHead {
            done.picture.as_mut().unwrap()
        }
        assert_eq!(lie(|_| {}), None);
        assert!(matches!(lie(|d| d.number = 99), Some(Lie::Turn(99))));
        assert!(
            matches!(
                lie(|d| d.frames = vec![(1, Integrity::Whole)]),
                Some(Lie::Frame(1))
            ),
            "another feed's"
        );
        assert!(matches!(
            lie(|d| d.frames.clear()),
            Some(Lie::PictureWithoutFrame)
        ));
        assert!(matches!(
            lie(|d| head(d).offset = MEMORY_BYTES),
            Some(Lie::Place { .. })
        ));
        assert!(matches!(
            lie(|d| head(d).offset = u64::MAX),
            Some(Lie::Place { .. })
        ));
        assert!(matches!(lie(|d| head(d).size.0 = 321), Some(Lie::Size(..))));
        assert!(matches!(
            lie(|d| head(d).halvings = 40),
            Some(Lie::Size(..))
        ));
        assert!(matches!(
            lie(|d| head(d).source = (0, 0)),
            Some(Lie::Size(..))
        ));
        assert!(matches!(
            lie(|d| {
                head(d).source = (u32::MAX, u32::MAX);
                head(d).size = (u32::MAX, u32::MAX);
                head(d).halvings = 0;
            }),
            Some(Lie::Size(..))
        ));
        assert!(matches!(
            lie(|d| {
                head(d).source = (32768, 32768);
                head(d).size = (32768, 32768);
                head(d).halvings = 0;
            }),
            Some(Lie::Place { .. })
        ));
        assert!(matches!(
            lie(|d| head(d).exact = (40_000, 1)),
            Some(Lie::Size(..))
        ));
        assert!(matches!(
            lie(|d| head(d).exact = (32768, 32768)),
            Some(Lie::Place { .. })
        ));
        let mut idle = Books::new(1);
        assert!(
            matches!(idle.answer(done(1)), Err(Lie::Turn(1))),
            "nothing was given"
        );
    }

    #[test]
    fn a_judgement_is_never_from_the_future_and_a_past_session_is_known() {
        let mut books = Books::new(1);
        let old = books.give(0, true);
        let new = books.give(0, true);
        let told = Done {
            judgement: Some(super::super::wire::Judged {
                picture: Picture::Frozen,
                since_ns: u64::MAX,
            }),
            ..done(old)
        };
        let checked = books.answer(told).unwrap().unwrap();
        assert!(checked.outdated);
        assert_eq!(checked.judgement.unwrap().since, books.now);
        assert!(!books.answer(done(new)).unwrap().unwrap().outdated);
    }

    #[test]
    fn a_closed_feed_is_answered_for_in_vain_and_serials_outlive_the_process() {
        let mut books = Books::new(2);
        let (first, second) = (books.give(0, true), books.give(1, true));
        books.ledger.remove(books.keys[0]).unwrap();
        assert!(books.answer(done(first)).unwrap().is_none());
        let with_picture = |number| Done {
            picture: Some(picture()),
            ..done(number)
        };
        let checked = books.answer(with_picture(second)).unwrap().unwrap();
        assert_eq!(checked.picture.unwrap().serial, 1);
        books.give(1, false);
        assert_eq!(books.ledger.begin().len(), 1);
        assert_eq!(books.ledger.at_work(), None);
        let third = books.give(1, false);
        let checked = books.answer(with_picture(third)).unwrap().unwrap();
        assert_eq!(checked.picture.unwrap().serial, 2);
    }

    #[test]
    fn who_eats_memory_is_found() {
        let mut books = Books::new(3);
        let mut kib = 1000;
        for round in 0..5 {
            for index in 0..3 {
                let number = books.give(index, false);
                kib += if index == 1 { 500 } else { 10 * round };
                let told = Done {
                    memory_kib: kib,
                    ..done(number)
                };
                books.answer(told).unwrap();
            }
        }
        assert_eq!(books.ledger.eater(), Some(books.keys[1]));
        assert_eq!(Books::new(2).ledger.eater(), None);
    }
}
