//! How far what arrives lies behind what was sent: what a stall holds back, and a burst brings later.
//!
//! The camera's clock is compared with ours over many seconds first, so that one that runs at
//! another pace makes nobody late. A stall is a unit that comes much later than the stream's own
//! time says; from then on the distance to the time before the stall is the lag, until it is made
//! good. A stream time that stands still, jumps or goes back and forth says nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::clock::MediaTime;

/// A unit that is no more than this too late has been held up by nothing …
const NO_STALL_S: f64 = 0.3;
/// … or by no more than this share of the time between it and the last.
const NO_STALL_SHARE: f64 = 0.2;
/// The pace is taken from stretches of at least this, the middle one of so many …
const STRETCH_S: f64 = 2.0;
const STRETCHES: usize = 9;
/// … and later, when there are so many, from longer ones, so that it is exact over minutes.
const LONG_STRETCH_S: f64 = 20.0;
/// It is known after so many.
const STRETCHES_KNOWN: usize = 2;
/// A stream time that steps by more than this within one unit's time, or back by so much, jumps.
const JUMP_S: f64 = 2.0;
/// What was never made good within this time was the camera's clock standing still.
const FORGIVEN_AFTER: Duration = Duration::from_secs(600);

/// The lag of one session.
#[derive(Clone, Debug, Default)]
pub(super) struct Lag {
    /// The unit with the latest stream time.
    newest: Option<Point>,
    /// When any unit came last.
    last: Option<Instant>,
    /// The longest time without a unit since `newest`, s.
    gap_s: f64,
    /// Where the stretch begins that is measured now.
    stretch: Option<Point>,
    /// Our seconds for each second of the stream, of the last stretches.
    paces: VecDeque<f64>,
    stall: Option<Stall>,
    behind_s: f64,
    jumps: u64,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    pts: MediaTime,
    at: Instant,
}

/// Something is held back.
#[derive(Clone, Copy, Debug)]
struct Stall {
    /// The last unit before it; what comes is compared with it.
    before: Point,
    pace: f64,
    since: Instant,
}

impl Lag {
    /// A unit came.
    pub(super) fn unit(&mut self, pts: MediaTime, now: Instant) {
        let point = Point { pts, at: now };
        if let Some(last) = self.last.replace(now) {
            let gap = now.saturating_duration_since(last).as_secs_f64();
            self.gap_s = self.gap_s.max(gap);
        }
        let Some(newest) = self.newest else {
            self.begin(point);
            return;
        };
        let sent = seconds(newest.pts, pts);
        if sent <= 0.0 {
            // Reordered, or it stands still; far back is another time.
            if sent < -JUMP_S {
                self.jump(point);
            }
            return;
        }
        let gap = std::mem::take(&mut self.gap_s);
        let pace = self.pace();
        let arrived = now.saturating_duration_since(newest.at).as_secs_f64();
        if pace.is_some_and(|pace| sent * pace > arrived + self.behind_s + JUMP_S) {
            // Ahead of what can be: so much was never held back.
            self.jump(point);
            return;
        }
        self.newest = Some(point);
        if let Some(pace) = pace
            && self.stall.is_none()
            && gap - sent * pace > NO_STALL_S.max(NO_STALL_SHARE * sent * pace)
        {
            self.stall = Some(Stall {
                before: newest,
                pace,
                since: now,
            });
        }
        if let Some(stall) = self.stall {
            let arrived = now.saturating_duration_since(stall.before.at).as_secs_f64();
            self.behind_s = arrived - seconds(stall.before.pts, pts) * stall.pace;
            let too_long = now.saturating_duration_since(stall.since) >= FORGIVEN_AFTER;
            if self.behind_s < NO_STALL_S || too_long {
                self.stall = None;
                self.behind_s = 0.0;
            }
        }
        self.measure(point);
    }

    /// How far what arrives lies behind.
    pub(super) fn behind(&self) -> Duration {
        Duration::from_secs_f64(self.behind_s.max(0.0))
    }

    /// How often the stream's time has jumped.
    pub(super) fn jumps(&self) -> u64 {
        self.jumps
    }

    /// Our seconds for each second of the stream, once that is known.
    pub(super) fn pace(&self) -> Option<f64> {
        if self.paces.len() < STRETCHES_KNOWN {
            return None;
        }
        let mut paces: Vec<f64> = self.paces.iter().copied().collect();
        paces.sort_by(f64::total_cmp);
        // Of two the slower: it takes nothing for late that is not.
        Some(paces[paces.len() / 2])
    }

    fn begin(&mut self, point: Point) {
        self.newest = Some(point);
        self.stretch = Some(point);
        self.gap_s = 0.0;
    }

    fn jump(&mut self, point: Point) {
        self.jumps += 1;
        if let (Some(stall), Some(newest)) = (&mut self.stall, self.newest) {
            // What was held back is so still.
            let arrived = point.at.saturating_duration_since(newest.at);
            let step =
                seconds(newest.pts, point.pts) - arrived.as_secs_f64() / stall.pace.max(0.01);
            stall.before.pts = MediaTime(stall.before.pts.0.saturating_add((step * 1e9) as i64));
        }
        self.begin(point);
    }

    fn measure(&mut self, point: Point) {
        let Some(begin) = self.stretch else { return };
        let ours = point.at.saturating_duration_since(begin.at).as_secs_f64();
        let theirs = seconds(begin.pts, point.pts);
        let is_full = self.paces.len() >= STRETCHES;
        let least = if is_full { LONG_STRETCH_S } else { STRETCH_S };
        if ours < least || theirs <= 0.0 {
            return;
        }
        self.stretch = Some(point);
        if self.paces.len() >= STRETCHES {
            self.paces.pop_front();
        }
        self.paces.push_back(ours / theirs);
    }
}

fn seconds(from: MediaTime, to: MediaTime) -> f64 {
    to.0.saturating_sub(from.0) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    /// A camera that sends a picture every `every` seconds for `seconds`, whose clock says `pts` and
    /// whose pictures arrive as `arrival` says; the lag at each arrival.
    fn follow(
        every: f64,
        seconds: f64,
        pts: impl Fn(f64) -> f64,
        arrival: impl Fn(f64) -> f64,
    ) -> Vec<(f64, f64)> {
        let start = clock::now();
        let mut lag = Lag::default();
        (0..(seconds / every) as u32)
            .map(|number| {
                let sent = f64::from(number) * every;
                // A network is never quite even.
                let jitter = f64::from(number * 7919 % 13) / 13.0 * (0.04_f64).min(every / 2.0);
                let at = arrival(sent) + jitter;
                let pts = MediaTime((pts(sent) * 1e9) as i64);
                lag.unit(pts, start + Duration::from_secs_f64(at));
                (at, lag.behind().as_secs_f64())
            })
            .collect()
    }

    fn most(seen: &[(f64, f64)]) -> f64 {
        seen.iter().map(|(_, lag)| *lag).fold(0.0, f64::max)
    }

    const EVERY: [f64; 3] = [1.0 / 15.0, 0.5, 8.0];
    const PACES: [f64; 7] = [1.0, 0.98, 1.02, 0.5, 1.5, 2.0, 3.0];

    #[test]
    fn a_clock_at_another_pace_is_no_lag_however_long_it_runs() {
        for every in EVERY {
            for pace in PACES {
                let seen = follow(every, 3600.0, |t| t * pace, |t| t);
                assert!(most(&seen) < 0.2, "{every} {pace}: {}", most(&seen));
            }
        }
    }

    #[test]
    fn what_a_stall_holds_back_is_told_until_it_is_made_good() {
        for every in EVERY {
            for pace in PACES {
                let stall = 600.0..(600.0 + 4.0_f64.max(every * 1.5));
                let held = stall.end - stall.start;
                // All that was sent since comes late by as much, and in a burst when it is over.
                let arrival = |t: f64| {
                    if (stall.start..900.0).contains(&t) {
                        t + held
                    } else if t >= 900.0 {
                        t.max((900.0 + held).min(t + held))
                    } else {
                        t
                    }
                };
                let seen = follow(every, 1200.0, |t| t * pace, arrival);
                let lag_at = |at: f64| {
                    let found = seen.iter().find(|(when, _)| *when >= at);
                    found.map_or(f64::NAN, |(_, lag)| *lag)
                };
                let name = format!("{every} {pace}");
                let before: Vec<_> = seen.iter().copied().filter(|(at, _)| *at < 600.0).collect();
                assert!(most(&before) < 0.2, "{name}");
                let told = lag_at(600.0 + held);
                assert!(
                    (told - held).abs() < 0.2 + every * 0.02,
                    "{name}: {told} of {held}"
                );
                let later = lag_at(850.0);
                assert!((later - held).abs() < 0.6, "{name}: {later} of {held}");
                let over = lag_at(910.0 + held + 2.0 * every);
                assert!(over < 0.2, "{name}: {over} after it was made good");
            }
        }
    }

    #[test]
    fn times_that_stand_jump_wrap_and_go_back_and_forth_say_nothing() {
        type StreamTime = fn(f64) -> f64;
        let strange: [(&str, StreamTime); 7] = [
            ("stands still", |_| 5.0),
            ("stands still now and then", |t| (t / 10.0).floor() * 10.0),
            ("begins anew", |t| t % 7.0),
            ("backwards", |t| 1000.0 - t),
            ("a day ahead for a while", |t| {
                if (100.0..200.0).contains(&t) {
                    t + 86400.0
                } else {
                    t
                }
            }),
            ("B pictures", |t| {
                let number = (t * 15.0).round() as i64;
                (number + [0, 2, -1, -1][(number % 4) as usize]) as f64 / 15.0
            }),
            ("every unit twice", |t| {
                (t * 15.0 / 2.0).round() * 2.0 / 15.0
            }),
        ];
        for every in EVERY {
            for (name, pts) in strange {
                let seen = follow(every, 1000.0, pts, |t| t);
                assert!(most(&seen) < 0.5, "{name} {every}: {}", most(&seen));
            }
        }
    }

    #[test]
    fn bursts_and_what_a_server_sends_at_once_in_the_beginning_are_in_time() {
        for every in [1.0 / 15.0, 0.5] {
            let seen = follow(every, 300.0, |t| t, f64::ceil);
            assert!(most(&seen) < 1.2, "{every}: {}", most(&seen));
            let seen = follow(every, 300.0, |t| t, |t| (t - 6.0).max(0.0));
            assert!(most(&seen) < 0.4, "{every}: {}", most(&seen));
        }
    }

    #[test]
    fn a_jump_while_something_is_held_back_does_not_hide_it() {
        let arrival = |t: f64| if t >= 100.0 { t + 3.0 } else { t };
        let jump = |t: f64| if t >= 120.0 { t + 5000.0 } else { t };
        let seen = follow(1.0 / 15.0, 200.0, jump, arrival);
        let last = seen[seen.len() - 1].1;
        assert!((last - 3.0).abs() < 0.6, "{last}");
        let back = |t: f64| if t >= 120.0 { t - 50.0 } else { t };
        let seen = follow(1.0 / 15.0, 200.0, back, arrival);
        let last = seen[seen.len() - 1].1;
        assert!((last - 3.0).abs() < 0.6, "{last}");
    }

    #[test]
    fn a_clock_that_stood_still_once_is_forgiven_in_the_end() {
        let stood = |t: f64| if t >= 103.0 { t - 3.0 } else { t.min(100.0) };
        let arrival = |t: f64| {
            if (100.0..103.0).contains(&t) {
                103.0
            } else {
                t
            }
        };
        let seen = follow(1.0 / 15.0, 1000.0, stood, arrival);
        assert!(seen[seen.len() - 1].1 < 0.1);
    }
}
