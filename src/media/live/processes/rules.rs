//! How many decoder processes there are, when one is ended, and when a feed is kept from the others:
//! plain functions of what happened and the time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::proc::Standing;
use crate::model::camera::StreamKind;

/// A main stream is about as much work as so many small ones.
const MAIN_WEIGHT: usize = 6;
/// From this weight on another process is worth its memory while a core has none.
const WORTH_A_CORE: usize = 4;
/// No more processes than this for the sake of cores.
const MOST_FOR_CORES: usize = 8;
/// A process that the machine gives no time to is given this many times as long.
const PATIENCE_IF_STARVED: u32 = 5;

/// How much work a stream is, in small streams.
pub(super) fn weight(stream: StreamKind) -> usize {
    match stream {
        StreamKind::Main => MAIN_WEIGHT,
        StreamKind::Sub => 1,
    }
}

/// How many processes `weight` is worth: enough for `most_in_one`, and for the cores.
pub(super) fn processes_for(weight: usize, most_in_one: usize, cores: usize) -> usize {
    let for_cores = weight.div_ceil(WORTH_A_CORE);
    weight
        .div_ceil(most_in_one.max(1))
        .max(for_cores.min(cores.clamp(2, MOST_FOR_CORES)))
        .max(1)
}

/// Why a process that does not answer is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stall {
    /// Somebody stopped it.
    Stopped,
    /// It works on one unit all the time.
    Spinning,
    /// It waits for something that does not come.
    Hanging,
}

/// Judges a process that has not answered for `silent`; `then` and `now` are how it stood when it
/// answered last, or soon after, and stands now.
pub(super) fn stalled(
    silent: Duration,
    limit: Duration,
    then: Standing,
    now: Standing,
) -> Option<Stall> {
    if silent < limit {
        return None;
    }
    let worked = Duration::from_secs_f64((now.cpu_secs - then.cpu_secs).clamp(0.0, 1e6));
    match now.state {
        'T' | 't' => Some(Stall::Stopped),
        _ if 2 * worked >= silent => Some(Stall::Spinning),
        // It could work, and the machine does not let it.
        'R' | 'D' if silent < PATIENCE_IF_STARVED * limit => None,
        'R' => Some(Stall::Spinning),
        _ => Some(Stall::Hanging),
    }
}

/// Ends of processes within this time count together.
const STRIKES_WITHIN: Duration = Duration::from_secs(60);
/// So many of them are no accident.
const MOST_STRIKES: usize = 3;
/// The first time a feed is given up it is for so long; then for twice as long each time …
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// … up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How often units of one feed ended a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Strikes {
    at: VecDeque<Instant>,
    pauses: u32,
}

/// What follows from an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sentence {
    /// It goes on as before.
    GoOn,
    /// It gets a process of its own.
    Alone,
    /// It is not decoded until then.
    Pause(Instant),
}

impl Strikes {
    /// A process ended at a unit of this feed; `alone` tells whether it had no other feed.
    pub(super) fn strike(&mut self, now: Instant, alone: bool) -> Sentence {
        while self
            .at
            .front()
            .is_some_and(|at| now.saturating_duration_since(*at) > STRIKES_WITHIN)
        {
            self.at.pop_front();
        }
        self.at.push_back(now);
        if self.at.len() < MOST_STRIKES {
            return Sentence::GoOn;
        }
        self.at.clear();
        if !alone {
            return Sentence::Alone;
        }
        let pause = FIRST_PAUSE * 2_u32.pow(self.pauses.min(10));
        self.pauses += 1;
        Sentence::Pause(now + pause.min(LONGEST_PAUSE))
    }

    /// How often it was given up so far.
    pub(super) fn pauses(&self) -> u32 {
        self.pauses
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn processes_are_as_many_as_the_feeds_and_the_cores_want() {
        let check = |weight, cores, expect| {
            let found = processes_for(weight, 12, cores);
            assert_eq!(found, expect, "{weight} on {cores} cores");
        };
        check(0, 2, 1);
        check(4, 2, 1);
        check(5, 2, 2);
        check(24, 2, 2);
        check(25, 2, 3);
        check(45, 2, 4);
        check(45, 1, 4);
        check(45, 8, 8);
        check(45, 64, 8);
        check(45 + weight(StreamKind::Main), 2, 5);
        check(9, 8, 3);
    }

    #[test]
    fn a_stall_is_told_from_a_machine_that_is_short() {
        let at = |state, cpu_secs| Standing { state, cpu_secs };
        let check = |silent: f64, now: Standing, expect| {
            let silent = Duration::from_secs_f64(silent);
            let found = stalled(silent, Duration::from_secs(2), at('S', 10.0), now);
            assert_eq!(found, expect, "{now:?} after {silent:?}");
        };
        check(1.9, at('T', 10.0), None);
        check(2.0, at('T', 10.0), Some(Stall::Stopped));
        check(2.0, at('R', 11.9), Some(Stall::Spinning));
        check(2.0, at('S', 10.0), Some(Stall::Hanging));
        check(2.0, at('R', 10.2), None);
        check(9.9, at('D', 10.2), None);
        check(10.0, at('R', 10.2), Some(Stall::Spinning));
        check(10.0, at('D', 10.2), Some(Stall::Hanging));
    }

    #[test]
    fn three_ends_within_a_minute_isolate_and_three_more_give_up_for_longer_each_time() {
        let mut now = clock::now();
        let mut strikes = Strikes::default();
        for _ in 0..10 {
            now += Duration::from_secs(31);
            assert_eq!(
                strikes.strike(now, false),
                Sentence::GoOn,
                "two in a minute"
            );
        }
        now += Duration::from_secs(1);
        assert_eq!(strikes.strike(now, false), Sentence::Alone);
        let mut pauses = Vec::new();
        for _ in 0..7 {
            assert_eq!(strikes.strike(now, true), Sentence::GoOn);
            assert_eq!(strikes.strike(now, true), Sentence::GoOn);
            let Sentence::Pause(until) = strikes.strike(now, true) else {
                panic!("not given up");
            };
            pauses.push((until - now).as_secs());
            now = until;
        }
        assert_eq!(pauses, [10, 20, 40, 80, 160, 300, 300]);
    }
}
