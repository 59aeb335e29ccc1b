//! How often pictures of a feed are disturbed: as a state that does not flicker, and as figures of
//! the last minute.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::frame::Integrity;

/// A feed is disturbed until whole pictures have come for so long.
const WHOLE_FOR: Duration = Duration::from_secs(3);
/// The figures are of so many seconds.
const SECONDS: u64 = 60;

/// What came to a feed in the last minute, and what of it was not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Pictures decoded.
    pub pictures: u64,
    /// Of them, those of which something is missing, or that refer to such.
    pub disturbed: u64,
    /// Of them, those of which something was missing or had to be concealed.
    pub concealed: u64,
    /// Packets known to be lost.
    pub lost_packets: u64,
    /// Sessions opened after the first, and jumps of the stream's time.
    pub discontinuities: u64,
}

impl Minute {
    /// The share of the pictures that were disturbed, in percent; 1 at least where any was.
    pub fn disturbed_percent(&self) -> u64 {
        (self.disturbed * 100)
            .checked_div(self.pictures)
            .map_or(0, |share| share.max(u64::from(self.disturbed > 0)))
    }

    fn add(&mut self, other: &Self) {
        self.pictures += other.pictures;
        self.disturbed += other.disturbed;
        self.concealed += other.concealed;
        self.lost_packets += other.lost_packets;
        self.discontinuities += other.discontinuities;
    }
}

/// The disturbances of one feed.
#[derive(Debug)]
pub(super) struct Disturbance {
    born: Instant,
    seconds: VecDeque<(u64, Minute)>,
    since: Option<Instant>,
    last: Option<Instant>,
}

impl Disturbance {
    pub(super) fn new(born: Instant) -> Self {
        Self {
            born,
            seconds: VecDeque::new(),
            since: None,
            last: None,
        }
    }

    /// A session begins: what was disturbed before it says nothing of its pictures.
    pub(super) fn begin_session(&mut self, is_first: bool, now: Instant) {
        self.since = None;
        self.last = None;
        if !is_first {
            self.discontinuity(now);
        }
    }

    /// A picture that arrived at `at` was decoded.
    pub(super) fn picture(&mut self, integrity: Integrity, at: Instant) {
        let is_disturbed = integrity != Integrity::Whole;
        let second = self.second(at);
        second.pictures += 1;
        second.disturbed += u64::from(is_disturbed);
        second.concealed += u64::from(integrity == Integrity::Damaged);
        if is_disturbed {
            self.since.get_or_insert(at);
            self.last = Some(at);
        } else if self
            .last
            .is_some_and(|last| at.saturating_duration_since(last) >= WHOLE_FOR)
        {
            self.since = None;
            self.last = None;
        }
    }

    /// Packets were lost.
    pub(super) fn lost(&mut self, packets: u32, now: Instant) {
        if packets > 0 {
            self.second(now).lost_packets += u64::from(packets);
        }
    }

    /// The stream went on elsewhere.
    pub(super) fn discontinuity(&mut self, now: Instant) {
        self.second(now).discontinuities += 1;
    }

    /// Since when its pictures are disturbed, if they are.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// The last minute.
    pub(super) fn minute(&self, now: Instant) -> Minute {
        let this = self.number(now);
        let mut all = Minute::default();
        for (second, counted) in &self.seconds {
            if second + SECONDS > this {
                all.add(counted);
            }
        }
        all
    }

    fn number(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.born).as_secs()
    }

    /// The counts of the second of `at`, or of the newest, where that is later.
    fn second(&mut self, at: Instant) -> &mut Minute {
        let number = self.number(at);
        let newest = self.seconds.back().map(|(second, _)| *second);
        if newest.is_none_or(|newest| newest < number) {
            self.seconds.push_back((number, Minute::default()));
        }
        while self
            .seconds
            .front()
            .is_some_and(|(second, _)| second + SECONDS <= number)
        {
            self.seconds.pop_front();
        }
        let last = self.seconds.len() - 1;
        &mut self.seconds[last].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    fn secs(s: f64) -> Duration {
        Duration::from_secs_f64(s)
    }

    #[test]
    fn one_lost_packet_marks_until_whole_pictures_have_come_for_a_while() {
        let start = clock::now();
        let mut feed = Disturbance::new(start);
        // Ten pictures a second; at each whole second one packet is lost, mended by the keyframe
        // half a second later; from the tenth second on none.
        let mut changes = Vec::new();
        for tenth in 0..200 {
            let at = start + secs(f64::from(tenth) / 10.0);
            let integrity = match tenth {
                10..100 if tenth % 10 == 0 => Integrity::Damaged,
                10..100 if tenth % 10 < 5 => Integrity::Tainted,
                _ => Integrity::Whole,
            };
            feed.lost(u32::from(integrity == Integrity::Damaged), at);
            feed.picture(integrity, at);
            let is = feed.since().is_some();
            if changes.last().map(|(was, _)| *was) != Some(is) {
                changes.push((is, tenth));
            }
        }
        assert_eq!(changes, [(false, 0), (true, 10), (false, 124)]);
        let minute = feed.minute(start + secs(20.0));
        assert_eq!((minute.pictures, minute.disturbed), (200, 45));
        assert_eq!((minute.concealed, minute.lost_packets), (9, 9));
        assert_eq!(minute.disturbed_percent(), 22);
        let later = feed.minute(start + secs(65.0));
        assert_eq!(later.lost_packets, 4, "of the last minute alone");
        assert_eq!(feed.minute(start + secs(100.0)), Minute::default());
    }

    #[test]
    fn a_slow_camera_is_believed_with_its_next_whole_picture() {
        let start = clock::now();
        let mut feed = Disturbance::new(start);
        feed.picture(Integrity::Damaged, start);
        assert_eq!(feed.since(), Some(start));
        feed.picture(Integrity::Whole, start + secs(8.0));
        assert_eq!(feed.since(), None);
    }

    #[test]
    fn a_session_begins_clean_and_counts_as_a_break() {
        let start = clock::now();
        let mut feed = Disturbance::new(start);
        feed.begin_session(true, start);
        assert_eq!(feed.minute(start).discontinuities, 0);
        feed.picture(Integrity::Tainted, start);
        feed.begin_session(false, start + secs(1.0));
        assert_eq!(feed.since(), None);
        let minute = feed.minute(start + secs(1.0));
        assert_eq!(
            (minute.discontinuities, minute.disturbed_percent()),
            (1, 100)
        );
    }
}
