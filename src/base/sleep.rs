//! Whether the machine was asleep: the clock that counts sleep against the one that does not.

use std::time::{Duration, Instant};

use super::clock;

/// Shorter sleeps are none: nothing that is connected notices them.
const SHORTEST: Duration = Duration::from_secs(2);
/// Looked at no oftener than this.
const LOOKS_APART: Duration = Duration::from_secs(1);

/// Time since some moment in the past, sleep included: on Linux since the machine started, elsewhere
/// by the wall clock, where a clock that is set forward looks like sleep.
pub fn with_sleep() -> Duration {
    if cfg!(target_os = "linux")
        && let Ok(text) = std::fs::read_to_string("/proc/uptime")
        && let Some(secs) = text.split_whitespace().next().and_then(|s| s.parse().ok())
        && let Ok(since_start) = Duration::try_from_secs_f64(secs)
    {
        return since_start;
    }
    Duration::from_nanos(clock::wall_now().0.max(0).unsigned_abs())
}

/// Notices sleep.
#[derive(Clone, Debug, Default)]
pub struct SleepWatch(Option<(Instant, Duration)>);

impl SleepWatch {
    /// How long the machine was asleep since this was last asked, if it was. `sleeping` is
    /// [`with_sleep`], or another clock in tests; it is asked once a second.
    pub fn look(&mut self, now: Instant, sleeping: impl FnOnce() -> Duration) -> Option<Duration> {
        let Some((last_now, last)) = self.0 else {
            self.0 = Some((now, sleeping()));
            return None;
        };
        let awake = now.saturating_duration_since(last_now);
        if awake < LOOKS_APART {
            return None;
        }
        let both = sleeping();
        self.0 = Some((now, both));
        let asleep = both.saturating_sub(last).saturating_sub(awake);
        (asleep > SHORTEST).then_some(asleep)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_what_one_clock_counts_and_the_other_does_not() {
        let start = clock::now();
        let mut watch = SleepWatch::default();
        let mut look = |awake_ms: u64, both_ms: u64| {
            let now = start + Duration::from_millis(awake_ms);
            watch.look(now, || Duration::from_millis(1_000_000 + both_ms))
        };
        assert_eq!(look(0, 0), None);
        assert_eq!(look(1000, 1010), None);
        assert_eq!(look(2000, 2000), None, "clocks differ by their grain");
        assert_eq!(look(5000, 5000), None, "a busy wall was not asleep");
        assert_eq!(look(6000, 3_606_000), Some(Duration::from_secs(3600)));
        assert_eq!(look(7000, 3_607_000), None, "it is told once");
        assert_eq!(look(7500, 3_700_000), None, "once a second");
        assert_eq!(look(8000, 3_608_000), None);
        assert_eq!(look(9000, 3_000_000), None, "a clock that was set back");
    }

    #[test]
    fn the_clock_that_counts_sleep_goes_on() {
        let before = with_sleep();
        assert!(before > Duration::ZERO && with_sleep() >= before);
    }
}
