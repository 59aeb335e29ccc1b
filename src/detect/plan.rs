//! Which camera is looked at next: plain functions of what is known of each.
//!
//! Each camera has an interval at which it is due: short while something moves, long while nothing
//! does, never longer than its rules allow. Who is furthest behind that interval comes first, so
//! that a short budget stretches all intervals alike and nobody starves.

use std::time::{Duration, Instant};

/// When cameras are due.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// From one look to the next while something moves.
    pub moving: Duration,
    /// From one look to the next while nothing does.
    pub still: Duration,
    /// Nobody is looked at oftener than this, whatever budget is left …
    pub shortest: Duration,
    /// … and nobody in whose picture nothing moves than this.
    pub shortest_still: Duration,
    /// Something moves where at least this share of the picture changes.
    pub motion_share: f32,
    /// What moved a moment ago is still of interest for so long.
    pub motion_lasts: Duration,
    /// Who was asked and has not answered for so long is passed over until the next turn.
    pub answer_within: Duration,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            moving: Duration::from_millis(1000),
            still: Duration::from_secs(8),
            shortest: Duration::from_millis(200),
            shortest_still: Duration::from_secs(4),
            motion_share: 0.002,
            motion_lasts: Duration::from_secs(3),
            answer_within: Duration::from_millis(1500),
        }
    }
}

/// What the rules of a camera want.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wants {
    /// At least so many looks a second; 0 where no rule says.
    pub least_rate: f32,
    /// 0 is ordinary; each step halves the interval.
    pub priority: u8,
}

/// One camera, as far as its turn goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Turn {
    /// What its rules want.
    pub wants: Wants,
    /// Since when it is to be looked at.
    pub since: Option<Instant>,
    /// When it was looked at last.
    pub looked: Option<Instant>,
    /// When something moved last.
    pub moved: Option<Instant>,
    /// When it was asked for a picture, while no answer has come.
    pub asked: Option<Instant>,
    /// It does not answer: its picture is not decoded, or it sends none.
    pub silent: bool,
}

impl Turn {
    /// Takes note of how much moves.
    pub fn note_motion(&mut self, share: f32, rates: &Rates, now: Instant) {
        if share >= rates.motion_share {
            self.moved = Some(now);
        }
    }

    fn is_moving(&self, rates: &Rates, now: Instant) -> bool {
        self.moved
            .is_some_and(|moved| now.saturating_duration_since(moved) <= rates.motion_lasts)
    }

    /// How far it is behind its interval: 1 when it is due. Nothing while it is not to be looked at.
    fn urgency(&self, rates: &Rates, now: Instant) -> Option<f32> {
        if let Some(asked) = self.asked {
            // Its answer is on its way.
            if now.saturating_duration_since(asked) < rates.answer_within {
                return None;
            }
        }
        let is_moving = self.is_moving(rates, now);
        let (mut interval, mut shortest) = if is_moving {
            (rates.moving, rates.shortest)
        } else {
            (rates.still, rates.shortest_still)
        };
        if self.wants.least_rate > 0.0 {
            let wanted = Duration::try_from_secs_f32(1.0 / self.wants.least_rate)
                .unwrap_or(rates.still)
                .max(rates.shortest);
            interval = interval.min(wanted);
            shortest = shortest.min(wanted);
        }
        interval /= 1_u32 << u32::from(self.wants.priority.min(4));
        let last = [self.looked, self.asked].into_iter().flatten().max();
        // Who was never looked at is due at once.
        let Some(last) = last else {
            let waits = self.since.map_or(0.0, |since| {
                now.saturating_duration_since(since).as_secs_f32()
            });
            return Some(1e3 + waits);
        };
        let passed = now.saturating_duration_since(last);
        if passed < shortest {
            return None;
        }
        let urgency = passed.as_secs_f32() / interval.as_secs_f32().max(1e-3);
        // Who did not answer is asked again, but after those who do.
        Some(if self.silent { urgency / 8.0 } else { urgency })
    }
}

/// The index of who is furthest behind.
pub fn next<'a>(
    turns: impl IntoIterator<Item = &'a Turn>,
    rates: &Rates,
    now: Instant,
) -> Option<usize> {
    turns
        .into_iter()
        .enumerate()
        .filter_map(|(index, turn)| Some((index, turn.urgency(rates, now)?)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(index, _)| index)
}

/// How much of the processor may be used: a look is paid when it is done, and the next may begin
/// when that is paid off.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Cores.
    share: f32,
    /// What was spent beyond what was due, seconds of a core.
    debt: f32,
    at: Option<Instant>,
}

/// What was not used is not saved for longer than this, seconds of a core.
const MOST_SAVED: f32 = 0.05;

impl Budget {
    /// So many cores, 0.05 at least.
    pub fn new(cores: f32) -> Self {
        Self {
            share: if cores.is_finite() {
                cores.max(0.05)
            } else {
                0.5
            },
            debt: 0.0,
            at: None,
        }
    }

    /// How long to wait before the next look.
    pub fn wait(&mut self, now: Instant) -> Duration {
        if let Some(at) = self.at.replace(now) {
            let earned = now.saturating_duration_since(at).as_secs_f32() * self.share;
            self.debt = (self.debt - earned).max(-MOST_SAVED);
        }
        Duration::from_secs_f32((self.debt / self.share).clamp(0.0, 10.0))
    }

    /// A look has cost so much of the processor.
    pub fn spend(&mut self, cost: Duration) {
        self.debt += cost.as_secs_f32();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    /// Looks at `moving` cameras of `all` for `seconds` at `rate` looks a second in all; for each
    /// camera how often, and the longest time between two.
    fn run(all: usize, moving: usize, rate: f32, seconds: f32) -> Vec<(u32, f32)> {
        let rates = Rates::default();
        let begin = clock::now();
        let mut turns = vec![
            Turn {
                since: Some(begin),
                ..Turn::default()
            };
            all
        ];
        let mut done = vec![(0, 0.0_f32); all];
        let mut now = begin;
        while (now - begin).as_secs_f32() < seconds {
            for turn in &mut turns[..moving] {
                turn.note_motion(0.05, &rates, now);
            }
            if let Some(index) = next(&turns, &rates, now) {
                done[index].0 += 1;
                // In the first round all are new.
                if let Some(last) = turns[index].looked {
                    done[index].1 = done[index].1.max((now - last).as_secs_f32());
                }
                turns[index].looked = Some(now);
            }
            now += Duration::from_secs_f32(1.0 / rate);
        }
        for (turn, done) in turns.iter().zip(&mut done) {
            let last = turn.looked.unwrap_or(begin);
            done.1 = done.1.max((now - last).as_secs_f32());
        }
        done
    }

    #[test]
    fn everybody_gets_a_turn_and_who_moves_more_of_them() {
        // (cameras, of which move, looks a second) → (moving at most every, still at most every), s.
        for (all, moving, rate, moving_gap, still_gap) in [
            (45, 45, 16.0, 3.0, 0.0),
            (45, 10, 20.0, 1.0, 10.0),
            (45, 0, 18.0, 0.0, 10.0),
            (45, 44, 5.0, 11.0, 80.0),
            (5, 5, 18.0, 0.34, 0.0),
        ] {
            let done = run(all, moving, rate, 120.0);
            for (index, (count, gap)) in done.iter().enumerate() {
                let most = if index < moving {
                    moving_gap
                } else {
                    still_gap
                };
                assert!(
                    *gap <= most,
                    "camera {index} of {all}, {moving} moving: {gap} s, {count} looks"
                );
            }
        }
    }

    #[test]
    fn rules_shorten_the_interval_and_priority_comes_first() {
        let rates = Rates::default();
        let now = clock::now() + Duration::from_secs(100);
        let looked = |ago: f32| Turn {
            looked: Some(now.checked_sub(Duration::from_secs_f32(ago)).unwrap()),
            ..Turn::default()
        };
        let plain = looked(4.5);
        let mut strict = looked(3.0);
        strict.wants.least_rate = 1.0;
        assert_eq!(next(&[plain, strict], &rates, now), Some(1));
        let mut first = looked(4.2);
        first.wants.priority = 1;
        assert_eq!(next(&[plain, first], &rates, now), Some(1));
        strict.looked = Some(now.checked_sub(Duration::from_millis(100)).unwrap());
        assert_eq!(next(&[strict], &rates, now), None, "a moment ago");
    }

    #[test]
    fn who_does_not_answer_holds_up_nobody() {
        let rates = Rates::default();
        let now = clock::now() + Duration::from_secs(100);
        let waiting = Turn {
            asked: Some(now.checked_sub(Duration::from_millis(200)).unwrap()),
            ..Turn::default()
        };
        assert_eq!(next(&[waiting], &rates, now), None);
        let silent = Turn {
            asked: Some(now.checked_sub(Duration::from_secs(9)).unwrap()),
            silent: true,
            ..Turn::default()
        };
        let other = Turn {
            looked: Some(now.checked_sub(Duration::from_secs(5)).unwrap()),
            ..Turn::default()
        };
        assert_eq!(next(&[silent, other], &rates, now), Some(1));
        assert_eq!(next(&[silent], &rates, now), Some(0), "asked again");
    }

    #[test]
    fn what_is_spent_is_paid_off_before_the_next_look() {
        let begin = clock::now();
        let mut budget = Budget::new(0.5);
        assert_eq!(budget.wait(begin), Duration::ZERO);
        budget.spend(Duration::from_millis(25));
        let wait = budget.wait(begin).as_secs_f32();
        assert!((wait - 0.05).abs() < 1e-3, "{wait}");
        assert_eq!(
            budget.wait(begin + Duration::from_millis(51)),
            Duration::ZERO
        );
        // An idle hour buys no more than a moment.
        budget.wait(begin + Duration::from_secs(3600));
        budget.spend(Duration::from_millis(150));
        let wait = budget.wait(begin + Duration::from_secs(3600)).as_secs_f32();
        assert!((wait - 0.2).abs() < 0.01, "{wait}");
    }
}
