//! What the watchdog decides: how a wall ended, whether it stands still, when it is started again.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::words::Words;

/// A watched wall that could not open its window leaves with this code (`EX_CONFIG` of sysexits).
pub const EXIT_NOT_STARTED: u8 = 78;
/// A watched wall whose graphics device was lost leaves with this code (`EX_TEMPFAIL` of sysexits).
pub const EXIT_DEVICE_LOST: u8 = 75;

/// A wall whose main loop has not come round for so long stands still.
const STANDS_STILL: Duration = Duration::from_secs(10);
/// Before its first beat it looks for decoders and compiles shaders; on a cold disk that takes time.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// Between two looks no more than this counts: a watchdog that was itself stopped, or asleep with
/// the machine, does not know what the wall did meanwhile.
const MOST_BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// So many restarts …
const MOST_RESTARTS: usize = 5;
/// … in this time; then it gives up.
const WITHIN: Duration = Duration::from_secs(60);

/// Signals by which a person or the system asks a program to end: hang-up, interrupt, terminate.
const ASKING: [i32; 3] = [1, 2, 15];

/// Why the wall was started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A signal ended it.
    Signal(i32),
    /// It ended by itself with this code; a panic has 101.
    Exit(i32),
    /// Its main loop stood still.
    StoodStill,
    /// The graphics device was lost.
    DeviceLost,
}

impl Cause {
    /// What the operator is told; `time` is when the wall was started again.
    pub fn told(self, words: Words, time: &str) -> String {
        let crash = |what: String| {
            let values = [("time", time.into()), ("what", what.into())];
            words.with("notice-restarted-crash", &values)
        };
        let of = |key, number: i32| words.with(key, &[("number", number.into())]);
        let time = [("time", time.into())];
        match self {
            Self::Signal(signal) => crash(of("notice-restarted-signal", signal)),
            Self::Exit(code) => crash(of("notice-restarted-exit", code)),
            Self::StoodStill => words.with("notice-restarted-still", &time),
            Self::DeviceLost => words.with("notice-restarted-device", &time),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(signal) => write!(f, "signal-{signal}"),
            Self::Exit(code) => write!(f, "exit-{code}"),
            Self::StoodStill => f.write_str("still"),
            Self::DeviceLost => f.write_str("device"),
        }
    }
}

impl FromStr for Cause {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().ok();
        let cause = match text {
            "still" => Some(Self::StoodStill),
            "device" => Some(Self::DeviceLost),
            _ => None,
        };
        cause
            .or_else(|| {
                text.strip_prefix("signal-")
                    .and_then(number)
                    .map(Self::Signal)
            })
            .or_else(|| text.strip_prefix("exit-").and_then(number).map(Self::Exit))
            .ok_or_else(|| format!("{text:?} is no cause of a restart"))
    }
}

/// How a wall ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The program ends with it, with this exit code.
    Over(u8),
    /// It is to be started again.
    Failed(Cause),
}

impl Ending {
    /// Of a wall that ended with `code` or by `signal`, had `beaten` before or not, and was or was
    /// not `condemned` for standing still. `restarted`: it was not the first wall of this program.
    pub fn of(
        (code, signal): (Option<i32>, Option<i32>),
        beaten: bool,
        condemned: bool,
        restarted: bool,
    ) -> Self {
        if condemned {
            return Self::Failed(Cause::StoodStill);
        }
        match (code, signal) {
            (Some(0), _) => Self::Over(0),
            (Some(code), _) if code == i32::from(EXIT_DEVICE_LOST) => {
                Self::Failed(Cause::DeviceLost)
            }
            // What the first wall lacks the second will lack too. But where one has run already,
            // a driver or a display may need a moment.
            (Some(code), _) if code == i32::from(EXIT_NOT_STARTED) && !beaten && !restarted => {
                Self::Over(1)
            }
            // The command line was not understood.
            (Some(2), _) if !beaten => Self::Over(2),
            (Some(code), _) if code == i32::from(EXIT_NOT_STARTED) => Self::Failed(Cause::Exit(1)),
            (Some(code), _) => Self::Failed(Cause::Exit(code)),
            (None, Some(signal)) if ASKING.contains(&signal) => Self::Over(exit_code(signal)),
            (None, signal) => Self::Failed(Cause::Signal(signal.unwrap_or_default())),
        }
    }
}

impl Cause {
    /// The exit code of a program that gives up after this, as shells count.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Signal(signal) => exit_code(signal),
            Self::Exit(code) => u8::try_from(code)
                .ok()
                .filter(|code| *code > 0)
                .unwrap_or(1),
            Self::StoodStill => exit_code(9),
            Self::DeviceLost => EXIT_DEVICE_LOST,
        }
    }
}

/// The exit code that tells of a signal.
pub(super) fn exit_code(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}

/// How often the wall was started again of late.
#[derive(Clone, Debug, Default)]
pub struct Restarts(VecDeque<Instant>);

impl Restarts {
    /// Another restart is due now: how long to wait for it, or `None` to give up.
    pub fn next_wait(&mut self, now: Instant) -> Option<Duration> {
        while let Some(oldest) = self.0.front()
            && now.saturating_duration_since(*oldest) >= WITHIN
        {
            self.0.pop_front();
        }
        if self.0.len() >= MOST_RESTARTS {
            return None;
        }
        let before = self.0.len() as u32;
        self.0.push_back(now);
        // At once, then 0.5, 1, 2 and 4 s.
        Some(match before {
            0 => Duration::ZERO,
            n => Duration::from_millis(250) * 2_u32.pow(n),
        })
    }
}

/// Whether a wall still beats.
#[derive(Clone, Debug)]
pub struct Pulse {
    beaten: bool,
    silent: Duration,
    looked: Instant,
}

impl Pulse {
    /// Of a wall that starts now.
    pub fn new(now: Instant) -> Self {
        Self {
            beaten: false,
            silent: Duration::ZERO,
            looked: now,
        }
    }

    /// It beats.
    pub fn beat(&mut self) {
        self.beaten = true;
        self.silent = Duration::ZERO;
    }

    /// Whether it ever beat.
    pub fn has_beaten(&self) -> bool {
        self.beaten
    }

    /// Looks at the clock; true when the wall stands still.
    pub fn look(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.looked);
        self.looked = now;
        self.silent += passed.min(MOST_BETWEEN_LOOKS);
        let most = if self.beaten {
            STANDS_STILL
        } else {
            STARTS_WITHIN
        };
        self.silent >= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::words::Language;

    #[test]
    fn every_ending_is_told_apart() {
        let check = |status: (Option<i32>, Option<i32>), beaten, restarted, expect: Ending| {
            let ending = Ending::of(status, beaten, false, restarted);
            assert_eq!(ending, expect, "{status:?} {beaten} {restarted}");
        };
        let failed = |cause| Ending::Failed(cause);
        // The window was closed.
        check((Some(0), None), true, false, Ending::Over(0));
        // A camera file that cannot be read ends the program, with the code that it always had.
        check((Some(78), None), false, false, Ending::Over(1));
        check((Some(2), None), false, false, Ending::Over(2));
        // The display was lost after hours; then it does not come back at once.
        check((Some(78), None), true, false, failed(Cause::Exit(1)));
        check((Some(78), None), false, true, failed(Cause::Exit(1)));
        // A panic, a crash, the graphics device.
        check((Some(101), None), true, false, failed(Cause::Exit(101)));
        check((None, Some(11)), true, false, failed(Cause::Signal(11)));
        check((None, Some(11)), false, false, failed(Cause::Signal(11)));
        check((None, Some(9)), true, true, failed(Cause::Signal(9)));
        check((Some(75), None), true, false, failed(Cause::DeviceLost));
        // Somebody asked the wall itself to end.
        check((None, Some(15)), true, false, Ending::Over(143));
        check((None, Some(2)), true, true, Ending::Over(130));
        let still = Ending::of((None, Some(9)), true, true, false);
        assert_eq!(still, failed(Cause::StoodStill));
    }

    #[test]
    fn restarts_wait_longer_each_time_and_come_to_an_end() {
        let mut restarts = Restarts::default();
        let start = clock::now();
        let at = |secs: u64| start + Duration::from_secs(secs);
        let waits: Vec<_> = (0..6)
            .map(|n| restarts.next_wait(at(n * 3)).map(|wait| wait.as_millis()))
            .collect();
        let expect = [Some(0), Some(500), Some(1000), Some(2000), Some(4000), None];
        assert_eq!(waits, expect);
        // A minute after the first there is room for one again, and a day later for all.
        assert!(restarts.next_wait(at(61)).is_some());
        assert!(restarts.next_wait(at(62)).is_none());
        assert_eq!(restarts.next_wait(at(86_400)), Some(Duration::ZERO));
    }

    #[test]
    fn a_wall_that_does_not_beat_for_ten_seconds_stands_still() {
        let start = clock::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let mut pulse = Pulse::new(start);
        // It may take its time to start …
        for n in 1..=59 {
            assert!(!pulse.look(at(n * 1000)), "{n} s");
        }
        pulse.beat();
        // … then it has ten seconds from each beat to the next.
        for n in 0..39 {
            assert!(!pulse.look(at(59_250 + n * 250)), "{n}");
        }
        assert!(pulse.look(at(69_000)));
        pulse.beat();
        assert!(!pulse.look(at(69_250)));
        let mut never = Pulse::new(start);
        let still = (1..100).find(|n| never.look(at(n * 1000)));
        assert_eq!(still, Some(60));
    }

    #[test]
    fn a_watchdog_that_slept_itself_condemns_nobody() {
        let start = clock::now();
        let mut pulse = Pulse::new(start);
        pulse.beat();
        assert!(!pulse.look(start + Duration::from_secs(3600)));
        pulse.beat();
        assert!(!pulse.look(start + Duration::from_secs(3601)));
    }

    #[test]
    fn a_cause_goes_through_a_command_line_and_is_told_in_each_language() {
        let causes = [
            (Cause::Signal(11), "11"),
            (Cause::Exit(101), "101"),
            (Cause::StoodStill, ""),
            (Cause::DeviceLost, ""),
        ];
        for (cause, number) in causes {
            assert_eq!(cause.to_string().parse(), Ok(cause));
            for language in Language::ALL {
                let told = cause.told(Words::new(language), "12:34:56");
                assert!(told.contains("12:34:56") && told.contains(number), "{told}");
            }
        }
        assert!("signal-x".parse::<Cause>().is_err());
        assert!("".parse::<Cause>().is_err());
    }
}
