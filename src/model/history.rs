//! What a camera's tile has said over the last day, as a strip and as a list of troubles.

use std::collections::VecDeque;
use std::time::Duration;

use super::condition::{Administration, Link, Picture};
use crate::base::clock::WallTime;

/// How far back a history goes.
pub const DAY: Duration = Duration::from_secs(24 * 3600);
/// No more changes than this are kept of one camera: a link that flaps all day does not fill the
/// memory. What is dropped is the oldest.
const MOST_CHANGES: usize = 4096;

/// How far a camera could be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Nobody watched.
    Unwatched,
    /// Live, and nothing spoke against it.
    Good,
    /// It was now, but something was to be said: disturbed, blurred, turned away, in repair.
    Doubtful,
    /// Not to be relied on: lost, refused, late, waiting for a keyframe, frozen, black.
    Bad,
}

/// The trust that follows from the fields of a condition.
pub fn trust(link: &Link, picture: Picture, administration: Administration) -> Trust {
    if !administration.may_be_seen() {
        return Trust::Unwatched;
    }
    match (link, picture) {
        (Link::Connecting, _) => Trust::Unwatched,
        (Link::AwaitingKeyframe | Link::Late | Link::Lost(_) | Link::Refused(_), _)
        | (Link::Live, Picture::Frozen | Picture::Black) => Trust::Bad,
        (Link::Live, Picture::Disturbed | Picture::Blurred | Picture::Moved) => Trust::Doubtful,
        (Link::Live, _) if administration == Administration::InRepair => Trust::Doubtful,
        (Link::Live, Picture::None | Picture::Good) => Trust::Good,
    }
}

/// The trust in one camera over the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    changes: VecDeque<(WallTime, Trust)>,
}

/// A stretch of a strip: from and to as shares of it, 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Left end.
    pub from: f32,
    /// Right end.
    pub to: f32,
    /// What it was.
    pub trust: Trust,
}

impl History {
    /// From `at` on it is `trust`. Times that go backwards (a clock was set) count as the last.
    pub fn note(&mut self, at: WallTime, trust: Trust) {
        let at = self.changes.back().map_or(at, |(last, _)| at.max(*last));
        if self.changes.back().map(|(_, last)| *last) == Some(trust) {
            return;
        }
        if self.changes.len() >= MOST_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back((at, trust));
    }

    /// What it was last.
    pub fn last(&self) -> Trust {
        self.changes
            .back()
            .map_or(Trust::Unwatched, |(_, trust)| *trust)
    }

    /// Whether it was bad when it was last watched.
    pub fn was_bad_last(&self) -> bool {
        let watched = self.changes.iter().rev().map(|(_, trust)| *trust);
        watched.into_iter().find(|trust| *trust != Trust::Unwatched) == Some(Trust::Bad)
    }

    /// Forgets what ended before `at`.
    pub fn forget_before(&mut self, at: WallTime) {
        while self.changes.get(1).is_some_and(|(next, _)| *next <= at) {
            self.changes.pop_front();
        }
    }

    /// The last `length` up to `now`, oldest first, without gaps.
    pub fn strip(&self, length: Duration, now: WallTime) -> Vec<Stretch> {
        let nanos = (length.as_nanos() as i64).max(1);
        let begin = now.plus_nanos(-nanos);
        let share = |at: WallTime| (at.nanos_since(begin) as f64 / nanos as f64).clamp(0.0, 1.0);
        let mut stretches: Vec<Stretch> = Vec::new();
        let mut add = |from: f64, to: f64, trust| {
            if to > from {
                let (from, to) = (from as f32, to as f32);
                stretches.push(Stretch { from, to, trust });
            }
        };
        let first = self.changes.front().map_or(1.0, |(at, _)| share(*at));
        add(0.0, first, Trust::Unwatched);
        for (index, (at, trust)) in self.changes.iter().enumerate() {
            let to = self
                .changes
                .get(index + 1)
                .map_or(1.0, |(next, _)| share(*next));
            add(share(*at), to, *trust);
        }
        stretches
    }

    /// The share of the watched time in which it was good; `None` when nobody watched.
    pub fn good_share(&self, length: Duration, now: WallTime) -> Option<f32> {
        let strip = self.strip(length, now);
        let sum = |good: bool| -> f32 {
            strip
                .iter()
                .filter(|s| s.trust != Trust::Unwatched && (!good || s.trust == Trust::Good))
                .map(|s| s.to - s.from)
                .sum()
        };
        let watched = sum(false);
        (watched > 0.0).then(|| sum(true) / watched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;

    fn hours(h: f64) -> WallTime {
        WallTime((h * HOUR as f64) as i64)
    }

    #[test]
    fn a_strip_has_no_gaps_and_ends_now() {
        let mut history = History::default();
        history.note(hours(100.0), Trust::Good);
        history.note(hours(106.0), Trust::Good);
        history.note(hours(112.0), Trust::Bad);
        history.note(hours(118.0), Trust::Good);
        let strip = history.strip(DAY, hours(124.0));
        let expect = [
            (0.0, 0.5, Trust::Good),
            (0.5, 0.75, Trust::Bad),
            (0.75, 1.0, Trust::Good),
        ];
        assert_eq!(strip.len(), expect.len(), "{strip:?}");
        for (stretch, (from, to, trust)) in strip.iter().zip(expect) {
            assert_eq!((stretch.from, stretch.to, stretch.trust), (from, to, trust));
        }
        assert_eq!(history.good_share(DAY, hours(124.0)), Some(0.75));
        let later = history.strip(DAY, hours(130.0));
        assert_eq!(later[0].trust, Trust::Good);
        history.forget_before(hours(113.0));
        assert_eq!(history.strip(DAY, hours(130.0))[0].trust, Trust::Unwatched);
    }

    #[test]
    fn what_nobody_watched_is_neither_good_nor_bad() {
        let mut history = History::default();
        assert_eq!(history.good_share(DAY, hours(10.0)), None);
        assert_eq!(history.strip(DAY, hours(10.0)).len(), 1);
        history.note(hours(4.0), Trust::Good);
        history.note(hours(7.0), Trust::Bad);
        history.note(hours(8.0), Trust::Unwatched);
        let share = history.good_share(DAY, hours(10.0)).unwrap();
        assert!((share - 0.75).abs() < 1e-5, "{share}");
        // The clock is set back.
        history.note(hours(5.0), Trust::Good);
        let strip = history.strip(DAY, hours(10.0));
        assert!(strip.windows(2).all(|w| w[0].to == w[1].from), "{strip:?}");
    }

    #[test]
    fn a_link_that_flaps_all_day_is_bounded() {
        let mut history = History::default();
        for n in 0..20_000_i64 {
            let trust = if n % 2 == 0 { Trust::Good } else { Trust::Bad };
            history.note(WallTime(n), trust);
        }
        assert_eq!(history.changes.len(), MOST_CHANGES);
    }
}
