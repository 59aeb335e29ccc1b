//! How much of each stream a seat shows: plain rules over what is on the screen, what each camera is
//! worth, and whether the machine is short. Time comes in as an argument.
//!
//! * [`wants_main`]: which stream a tile needs for its pixels.
//! * [`Shedder`]: how far quality is taken back when the machine is short, and given again.
//! * [`plan`]: what that means for each camera, least important first.

use std::time::{Duration, Instant};

use super::camera::Priority;
use super::condition::Load;

/// A tile so much higher than its small stream needs the large one …
const MAIN_ABOVE: f32 = 1.3;
/// … until it is no more than so much higher.
const MAIN_BELOW: f32 = 1.1;

/// Whether a tile of `tile_px` rows needs the large stream, where the small one has `sub_px` rows.
/// `has_it` tells whether it has it now: between the two limits it stays as it is.
pub fn wants_main(tile_px: u32, sub_px: u32, has_it: bool) -> bool {
    if sub_px == 0 {
        return false;
    }
    let ratio = tile_px as f32 / sub_px as f32;
    ratio > if has_it { MAIN_BELOW } else { MAIN_ABOVE }
}

/// What else hangs on a camera's stream than the tile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duties {
    /// It is recorded.
    pub recorded: bool,
    /// A rule looks at it.
    pub rule: bool,
    /// The rule has seen motion and wants every frame.
    pub rule_awake: bool,
    /// An alarm of it is open.
    pub alarm: bool,
    /// A call belongs to it.
    pub call: bool,
}

impl Duties {
    /// Whether receiving must go on though no tile shows it.
    pub fn keep_receiving(self) -> bool {
        self.recorded || self.rule || self.alarm || self.call
    }

    /// Whether it is never slowed.
    pub fn is_urgent(self) -> bool {
        self.alarm || self.call
    }
}

/// One camera as the plan sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Its tile is on the screen, in a window that can be seen.
    pub visible: bool,
    /// Chosen or shown large by the operator.
    pub selected: bool,
    /// What else hangs on it.
    pub duties: Duties,
    /// What it is worth.
    pub priority: Priority,
}

impl Demand {
    /// Full whatever happens.
    fn is_safe(self) -> bool {
        (self.selected && self.visible) || self.duties.is_urgent()
    }

    fn base(self) -> Load {
        if self.visible || self.duties.is_urgent() || self.duties.rule_awake {
            Load::Full
        } else {
            Load::Keyframes
        }
    }
}

/// How much each camera gets when quality is taken back by `steps`.
///
/// Cameras that can be seen give way in the order of [`order`]: those of one priority are all
/// slowed, then all reduced to keyframes, before the next priority gives anything.
pub fn plan(demands: &[Demand], steps: usize) -> Vec<Load> {
    let mut loads: Vec<Load> = demands.iter().map(|demand| demand.base()).collect();
    for (index, load) in ladder(demands).into_iter().take(steps) {
        loads[index] = load;
    }
    loads
}

/// How many steps there are at most.
pub fn num_steps(demands: &[Demand]) -> usize {
    ladder(demands).len()
}

/// The cameras that give way when the machine is short, first to give way first.
pub fn order(demands: &[Demand]) -> Vec<usize> {
    let mut giving: Vec<usize> = (0..demands.len())
        .filter(|index| !demands[*index].is_safe() && demands[*index].base() == Load::Full)
        .collect();
    // Least important first; within a priority from the end of the wall.
    giving.sort_by_key(|index| {
        let level = demands[*index].priority.level();
        (std::cmp::Reverse(level), std::cmp::Reverse(*index))
    });
    giving
}

fn ladder(demands: &[Demand]) -> Vec<(usize, Load)> {
    let order = order(demands);
    let level = |index: &usize| demands[*index].priority.level();
    order
        .chunk_by(|a, b| level(a) == level(b))
        .flat_map(|group| {
            let slowed = group.iter().map(|index| (*index, Load::Slowed));
            let keyframes = group.iter().map(|index| (*index, Load::Keyframes));
            slowed.chain(keyframes)
        })
        .collect()
}

/// How the machine did in the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Second {
    /// Frames due on tiles that show every frame.
    pub due: u64,
    /// Of those, shown.
    pub shown: u64,
    /// Units that nobody could decode in time.
    pub dropped: u64,
}

impl Second {
    /// More than one frame in eight is missing, or decoding lost something.
    fn is_short(self) -> bool {
        self.dropped > 0 || (self.due >= 30 && self.shown * 8 < self.due * 7)
    }
}

/// Seconds in a row that must be short before quality is taken back.
const SHORT_SECONDS: u32 = 2;
/// After a step down its effect is awaited for so long.
const SETTLES: Duration = Duration::from_secs(3);
/// Quality is given again after so long without shortness …
const GIVE_AFTER: Duration = Duration::from_secs(10);
/// … and after so long at most, where giving it again made the machine short before.
const GIVE_AFTER_AT_MOST: Duration = Duration::from_secs(320);

/// Decides how many steps quality is taken back. Down fast, in eighths of what there is; up slowly,
/// in sixteenths; and a rise that made the machine short is tried again after twice the time, so
/// that a wall at its limit does not flap.
#[derive(Clone, Copy, Debug)]
pub struct Shedder {
    steps: usize,
    short_for: u32,
    /// Last time that something changed or was short.
    calm_since: Option<Instant>,
    give_after: Duration,
    /// The last rise: when, and from how many steps.
    rise: Option<(Instant, usize)>,
    waits_until: Option<Instant>,
}

impl Default for Shedder {
    fn default() -> Self {
        Self {
            steps: 0,
            short_for: 0,
            calm_since: None,
            give_after: GIVE_AFTER,
            rise: None,
            waits_until: None,
        }
    }
}

impl Shedder {
    /// Steps taken back now.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// A second has gone by; `most` is the number of steps there are. The number of steps from now
    /// on.
    pub fn second(&mut self, second: Second, most: usize, now: Instant) -> usize {
        self.steps = self.steps.min(most);
        let calm_since = *self.calm_since.get_or_insert(now);
        if self.waits_until.is_some_and(|until| now < until) {
            return self.steps;
        }
        if second.is_short() {
            self.calm_since = Some(now);
            self.short_for += 1;
            if self.short_for >= SHORT_SECONDS {
                self.take(most, now);
            }
            return self.steps;
        }
        self.short_for = 0;
        let calm = now.saturating_duration_since(calm_since);
        if calm >= self.give_after && self.rise.take().is_some() {
            // The last rise did no harm.
            self.give_after = (self.give_after / 2).max(GIVE_AFTER);
        }
        if self.steps > 0 && calm >= self.give_after {
            self.rise = Some((now, self.steps));
            self.steps = self.steps.saturating_sub(most.div_ceil(16).max(1));
            self.calm_since = Some(now);
        }
        self.steps
    }

    fn take(&mut self, most: usize, now: Instant) {
        self.short_for = 0;
        let after_rise = self
            .rise
            .take()
            .filter(|(at, _)| now.saturating_duration_since(*at) <= self.give_after);
        self.steps = match after_rise {
            Some((_, before)) => {
                self.give_after = (self.give_after * 2).min(GIVE_AFTER_AT_MOST);
                before.min(most)
            }
            None => (self.steps + most.div_ceil(8).max(1)).min(most),
        };
        self.waits_until = Some(now + SETTLES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    fn demand(priority: u8) -> Demand {
        Demand {
            visible: true,
            selected: false,
            duties: Duties::default(),
            priority: Priority::new(priority).unwrap(),
        }
    }

    #[test]
    fn the_stream_fits_the_tile_and_does_not_flap() {
        assert!(!wants_main(360, 360, false));
        assert!(!wants_main(460, 360, false));
        assert!(wants_main(470, 360, false));
        assert!(wants_main(400, 360, true), "it stays");
        assert!(!wants_main(390, 360, true));
        assert!(!wants_main(900, 0, false), "nothing is known yet");
    }

    #[test]
    fn the_least_important_gives_way_first_and_who_matters_never() {
        let mut demands = vec![demand(1), demand(5), demand(3), demand(5), demand(5)];
        demands[3].selected = true;
        demands[4].duties.alarm = true;
        use Load::{Full, Keyframes, Slowed};
        assert_eq!(plan(&demands, 0), [Full; 5]);
        assert_eq!(plan(&demands, 1), [Full, Slowed, Full, Full, Full]);
        assert_eq!(plan(&demands, 2), [Full, Keyframes, Full, Full, Full]);
        assert_eq!(plan(&demands, 3), [Full, Keyframes, Slowed, Full, Full]);
        let last = plan(&demands, 100);
        assert_eq!(last, [Keyframes, Keyframes, Keyframes, Full, Full]);
        assert_eq!(num_steps(&demands), 6);
        assert_eq!(order(&demands), [1, 2, 0]);
    }

    #[test]
    fn who_is_not_seen_gets_keyframes_unless_something_hangs_on_him() {
        let hidden = Demand {
            visible: false,
            ..demand(2)
        };
        let with = |duties| Demand { duties, ..hidden };
        let none = Duties::default();
        let cases = [
            (none, Load::Keyframes, false),
            (
                Duties {
                    recorded: true,
                    ..none
                },
                Load::Keyframes,
                true,
            ),
            (Duties { rule: true, ..none }, Load::Keyframes, true),
            (
                Duties {
                    rule: true,
                    rule_awake: true,
                    ..none
                },
                Load::Full,
                true,
            ),
            (
                Duties {
                    alarm: true,
                    ..none
                },
                Load::Full,
                true,
            ),
            (Duties { call: true, ..none }, Load::Full, true),
        ];
        for (duties, load, receives) in cases {
            assert_eq!(plan(&[with(duties)], 0), [load], "{duties:?}");
            assert_eq!(duties.keep_receiving(), receives, "{duties:?}");
        }
    }

    /// A machine that carries so many steps' worth; returns the steps after each second.
    fn run(
        shedder: &mut Shedder,
        needs_steps: impl Fn(usize) -> usize,
        seconds: usize,
    ) -> Vec<usize> {
        let start = clock::now();
        let mut steps = shedder.steps();
        (0..seconds)
            .map(|second| {
                let is_short = steps < needs_steps(second);
                let figures = Second {
                    due: 675,
                    shown: if is_short { 500 } else { 675 },
                    dropped: 0,
                };
                let now = start + Duration::from_secs(second as u64);
                steps = shedder.second(figures, 90, now);
                steps
            })
            .collect()
    }

    #[test]
    fn what_is_short_is_short_no_more_within_seconds_and_does_not_flap() {
        let mut shedder = Shedder::default();
        let steps = run(&mut shedder, |_| 30, 3600);
        let enough = steps.iter().position(|steps| *steps >= 30).unwrap();
        assert!(enough <= 15, "after {enough} s");
        let short = steps[enough..].iter().filter(|steps| **steps < 30).count();
        assert!(short <= 60, "{short} short seconds of an hour");
        let changes = steps[1800..].windows(2).filter(|w| w[0] != w[1]).count();
        assert!(changes <= 14, "{changes} changes in half an hour");
    }

    #[test]
    fn when_the_load_goes_everything_comes_back() {
        let mut shedder = Shedder::default();
        let steps = run(&mut shedder, |second| if second < 60 { 60 } else { 0 }, 600);
        assert!(steps[59] >= 60);
        let back = steps.iter().skip(60).position(|steps| *steps == 0);
        assert!(back.is_some_and(|after| after <= 200), "{back:?}");
    }

    #[test]
    fn one_bad_second_is_none() {
        let mut shedder = Shedder::default();
        let steps = run(
            &mut shedder,
            |second| usize::from(second % 5 == 0) * 90,
            100,
        );
        assert!(steps.iter().all(|steps| *steps == 0));
    }
}
