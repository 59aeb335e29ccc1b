//! How long somebody watches without a break, and when to say so.
//!
//! From where the figures come: study advice in the United Kingdom is a break about every 30 minutes
//! (Wallace and Diffley), so the enlarged picture reminds within 20 to 30 minutes, and the whole
//! of watching within two hours (story R41). That watching decays after so many minutes is not
//! settled (Donald, Donald and Thatcher 2015 found no decay for the sample as a whole), so this
//! reminds and locks nothing. How long a break must last to count has no source; it is a setting.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::By;
use super::acts;
use crate::model::act::Draft;

/// When to remind, and what counts as a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WatchRules {
    /// After how long with an enlarged picture, seconds; 20 to 30 minutes.
    pub spot_secs: u32,
    /// After how long of watching of any kind, seconds; at most two hours.
    pub long_secs: u32,
    /// How long without an enlarged picture clears the first, seconds.
    pub spot_rest_secs: u32,
    /// How long a break clears both, seconds.
    pub rest_secs: u32,
    /// After how long an unheeded reminder comes again, seconds.
    pub again_secs: u32,
}

impl Default for WatchRules {
    fn default() -> Self {
        Self {
            spot_secs: 25 * 60,
            long_secs: 2 * 3600,
            spot_rest_secs: 5 * 60,
            rest_secs: 10 * 60,
            again_secs: 10 * 60,
        }
    }
}

impl WatchRules {
    /// The same within the bounds that the reminders must keep.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            spot_secs: self.spot_secs.clamp(20 * 60, 30 * 60),
            long_secs: self.long_secs.clamp(30 * 60, 2 * 3600),
            spot_rest_secs: self.spot_rest_secs.clamp(60, 3600),
            rest_secs: self.rest_secs.clamp(60, 3600),
            again_secs: self.again_secs.clamp(60, 3600),
        }
    }
}

/// What somebody does at a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Watches an enlarged picture.
    Spot,
    /// Watches the wall.
    Wall,
    /// Other work at the seat: neither watching nor a break.
    Other,
    /// On a break, or the seat is locked.
    Rest,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An enlarged picture for long.
    Spot,
    /// Watching for long.
    Long,
}

/// Take a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Why.
    pub cause: Cause,
    /// How long it has been.
    pub watched: Duration,
}

impl Reminder {
    /// The key of its words; they take `$minutes`.
    pub fn key(self) -> &'static str {
        match self.cause {
            Cause::Spot => "watching-spot",
            Cause::Long => "watching-long",
        }
    }

    /// The act that says that `by` was reminded.
    pub fn told(self, by: By<'_>) -> Draft {
        Draft::new(acts::BREAK_REMINDED)
            .about(by.person)
            .with("cause", self.key())
            .with("watched-secs", self.watched.as_secs())
    }
}

/// A step longer than this is no watching: the machine slept or the program stood.
const LONGEST_STEP: Duration = Duration::from_secs(60);

/// How long one person has watched. Kept over a restart, so that a crash is no break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watching {
    spot: Duration,
    long: Duration,
    off_spot: Duration,
    rest: Duration,
    next_spot: Option<Duration>,
    next_long: Option<Duration>,
}

impl Watching {
    /// How long without a break.
    pub fn without_break(&self) -> Duration {
        self.long
    }

    /// How long with enlarged pictures.
    pub fn at_spot(&self) -> Duration {
        self.spot
    }

    /// What is to be shown for as long as no break was taken.
    pub fn due(&self, rules: WatchRules) -> Option<Reminder> {
        let rules = rules.bounded();
        let reminder = |cause, watched: Duration, secs: u32| {
            (watched.as_secs() >= u64::from(secs)).then_some(Reminder { cause, watched })
        };
        reminder(Cause::Long, self.long, rules.long_secs)
            .or_else(|| reminder(Cause::Spot, self.spot, rules.spot_secs))
    }

    /// `passed` of monotonic time went by with `activity`. Answers when it is time to remind, once,
    /// and again as often as the rules say.
    pub fn step(
        &mut self,
        passed: Duration,
        activity: Activity,
        rules: WatchRules,
    ) -> Option<Reminder> {
        let rules = rules.bounded();
        let secs = |secs: u32| Duration::from_secs(secs.into());
        let activity = if passed > LONGEST_STEP {
            Activity::Rest
        } else {
            activity
        };
        if activity == Activity::Rest {
            self.rest += passed;
        } else {
            self.rest = Duration::ZERO;
        }
        if activity == Activity::Spot {
            self.off_spot = Duration::ZERO;
            self.spot += passed;
        } else {
            self.off_spot += passed;
        }
        if matches!(activity, Activity::Spot | Activity::Wall) {
            self.long += passed;
        }
        if self.rest >= secs(rules.rest_secs) {
            (self.long, self.next_long) = (Duration::ZERO, None);
            (self.spot, self.next_spot) = (Duration::ZERO, None);
        }
        if self.off_spot >= secs(rules.spot_rest_secs) {
            (self.spot, self.next_spot) = (Duration::ZERO, None);
        }
        let again = secs(rules.again_secs);
        let reached = |watched: Duration, first: u32, next: &mut Option<Duration>| {
            let due = watched >= next.unwrap_or(secs(first)) && activity != Activity::Rest;
            if due {
                *next = Some(watched + again);
            }
            due
        };
        let long = reached(self.long, rules.long_secs, &mut self.next_long);
        let spot = reached(self.spot, rules.spot_secs, &mut self.next_spot);
        if long || spot { self.due(rules) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u32 = 60;

    /// The seconds of simulated time at which a reminder came, with its cause.
    fn told(day: &[(Activity, u32)]) -> Vec<(u32, Cause)> {
        let mut watching = Watching::default();
        let mut found = Vec::new();
        let mut now = 0;
        for (activity, secs) in day {
            for _ in 0..*secs {
                now += 1;
                let step = Duration::from_secs(1);
                let reminder = watching.step(step, *activity, WatchRules::default());
                found.extend(reminder.map(|reminder| (now, reminder.cause)));
            }
        }
        found
    }

    #[test]
    fn a_long_look_at_one_picture_reminds_within_half_an_hour_and_again() {
        let day = [(Activity::Spot, 40 * MINUTE)];
        let expect = [(25 * MINUTE, Cause::Spot), (35 * MINUTE, Cause::Spot)];
        assert_eq!(told(&day), expect);
    }

    #[test]
    fn two_hours_of_the_wall_remind() {
        let day = [(Activity::Wall, 131 * MINUTE)];
        let expect = [(120 * MINUTE, Cause::Long), (130 * MINUTE, Cause::Long)];
        assert_eq!(told(&day), expect);
    }

    #[test]
    fn a_glance_elsewhere_is_no_break_and_five_minutes_off_the_picture_are() {
        let glances = [
            (Activity::Spot, 15 * MINUTE),
            (Activity::Wall, 4 * MINUTE),
            (Activity::Spot, 10 * MINUTE),
        ];
        assert_eq!(told(&glances), [(29 * MINUTE, Cause::Spot)]);
        let turns = [
            (Activity::Spot, 15 * MINUTE),
            (Activity::Wall, 5 * MINUTE),
            (Activity::Spot, 15 * MINUTE),
        ];
        assert_eq!(told(&turns), []);
    }

    #[test]
    fn only_one_real_break_clears_the_two_hours() {
        let check = |between: &[(Activity, u32)], expect: &[(u32, Cause)]| {
            let mut day = vec![(Activity::Wall, 110 * MINUTE)];
            day.extend_from_slice(between);
            day.push((Activity::Wall, 19 * MINUTE));
            assert_eq!(told(&day), expect, "{between:?}");
        };
        check(&[(Activity::Rest, 10 * MINUTE)], &[]);
        check(
            &[(Activity::Rest, 9 * MINUTE)],
            &[(129 * MINUTE, Cause::Long)],
        );
        let twice = [
            (Activity::Rest, 9 * MINUTE),
            (Activity::Wall, 1),
            (Activity::Rest, 9 * MINUTE),
        ];
        check(&twice, &[(138 * MINUTE, Cause::Long)]);
        // Work at the seat is neither watching nor a break.
        check(
            &[(Activity::Other, 60 * MINUTE)],
            &[(180 * MINUTE, Cause::Long)],
        );
    }

    #[test]
    fn a_machine_that_slept_watched_nothing() {
        let mut watching = Watching::default();
        let rules = WatchRules::default();
        watching.step(Duration::from_secs(60), Activity::Spot, rules);
        let hour = Duration::from_secs(3600);
        assert_eq!(watching.step(hour, Activity::Spot, rules), None);
        assert_eq!(watching.without_break(), Duration::ZERO);
    }

    #[test]
    fn a_crash_is_no_break_and_what_is_due_stays_due() {
        let mut watching = Watching::default();
        let rules = WatchRules::default();
        for _ in 0..2 * 3600 {
            watching.step(Duration::from_secs(1), Activity::Wall, rules);
        }
        let kept = serde_json::to_string(&watching).expect("written");
        let mut watching: Watching = serde_json::from_str(&kept).expect("read");
        let due = watching.due(rules).expect("two hours are over");
        assert_eq!((due.cause, due.watched.as_secs()), (Cause::Long, 7200));
        let second = Duration::from_secs(1);
        assert_eq!(watching.step(second, Activity::Wall, rules), None);
        for _ in 0..600 {
            assert_eq!(watching.step(second, Activity::Rest, rules), None);
        }
        assert_eq!(watching.due(rules), None);
    }

    #[test]
    fn settings_stay_within_what_the_stories_ask() {
        let lax = WatchRules {
            spot_secs: 1_000_000,
            long_secs: 1_000_000,
            rest_secs: 0,
            ..WatchRules::default()
        };
        let bounded = lax.bounded();
        let all = (bounded.spot_secs, bounded.long_secs, bounded.rest_secs);
        assert_eq!(all, (1800, 7200, 60));
    }
}
