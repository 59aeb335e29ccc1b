//! A camera's clock against ours: recordings and cases are dated by both.

use std::time::{Duration, Instant};

use crate::base::clock::WallTime;

/// An offset is taken from so long a time before now, once or twice over.
const WINDOW: Duration = Duration::from_secs(60);
/// Clocks that are further apart than this are told.
const FAR: Duration = Duration::from_secs(2);
/// Within this of a whole hour the zone is the likely cause.
const NEAR_AN_HOUR: Duration = Duration::from_secs(30);
const HOUR_NANOS: i64 = 3_600_000_000_000;

/// The camera's clock minus ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockOffset {
    /// Nanoseconds; positive when the camera is ahead.
    pub nanos: i64,
}

/// What an offset means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockJudgement {
    /// Within two seconds.
    Fine,
    /// Further apart.
    Off,
    /// One hour ahead: the camera was not moved to UTC+5 when the country was, on 1 March 2024.
    HourAhead,
    /// One hour behind: the zone, too.
    HourBehind,
}

impl ClockOffset {
    /// In seconds.
    pub fn secs(self) -> f64 {
        self.nanos as f64 / 1e9
    }

    /// What it means.
    pub fn judge(self) -> ClockJudgement {
        let within = |from: i64, limit: Duration| {
            self.nanos.saturating_sub(from).unsigned_abs() <= limit.as_nanos() as u64
        };
        if within(0, FAR) {
            ClockJudgement::Fine
        } else if within(HOUR_NANOS, NEAR_AN_HOUR) {
            ClockJudgement::HourAhead
        } else if within(-HOUR_NANOS, NEAR_AN_HOUR) {
            ClockJudgement::HourBehind
        } else {
            ClockJudgement::Off
        }
    }
}

/// Follows one camera's clock.
///
/// A picture takes a while to arrive, so each one's capture minus its arrival is too small; the
/// largest of a while is the nearest to the truth.
#[derive(Clone, Copy, Debug, Default)]
pub struct CameraClock {
    window: Option<(Instant, i64)>,
    before: Option<i64>,
}

impl CameraClock {
    /// A picture captured at `capture` by the camera's clock arrived at `arrival` by ours, which is
    /// the moment `at`.
    pub fn note(&mut self, capture: WallTime, arrival: WallTime, at: Instant) {
        let nanos = capture.nanos_since(arrival);
        match &mut self.window {
            Some((begin, largest)) if at.saturating_duration_since(*begin) < WINDOW => {
                // A clock that was set is believed at once, in both directions.
                if (nanos - *largest).unsigned_abs() > FAR.as_nanos() as u64 {
                    *self = Self {
                        window: Some((at, nanos)),
                        before: None,
                    };
                } else {
                    *largest = nanos.max(*largest);
                }
            }
            window => {
                self.before = window.map(|(_, largest)| largest);
                self.window = Some((at, nanos));
            }
        }
    }

    /// The offset, once anything is known.
    pub fn offset(&self) -> Option<ClockOffset> {
        let (_, largest) = self.window?;
        let nanos = self.before.map_or(largest, |before| before.max(largest));
        Some(ClockOffset { nanos })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const SECOND: i64 = 1_000_000_000;

    #[test]
    fn the_quickest_picture_tells_the_offset() {
        let mut camera = CameraClock::default();
        assert_eq!(camera.offset(), None);
        let start = clock::now();
        for picture in 0..3000_i64 {
            let arrival = WallTime(picture * SECOND / 15);
            // 7 s ahead; on its way for 40 to 340 ms.
            let way = (40 + picture * 37 % 300) * 1_000_000;
            let capture = arrival.plus_nanos(7 * SECOND - way);
            let at = start + Duration::from_nanos(arrival.0 as u64);
            camera.note(capture, arrival, at);
        }
        let offset = camera.offset().unwrap();
        assert!((6.95..=6.96).contains(&offset.secs()), "{}", offset.secs());
        assert_eq!(offset.judge(), ClockJudgement::Off);
        // Somebody sets it right.
        camera.note(WallTime(0), WallTime(0), start + Duration::from_secs(201));
        assert_eq!(camera.offset(), Some(ClockOffset { nanos: 0 }));
    }

    #[test]
    fn an_hour_is_told_from_any_other_offset() {
        let cases = [
            (0.0, ClockJudgement::Fine),
            (-1.9, ClockJudgement::Fine),
            (2.5, ClockJudgement::Off),
            (3600.0, ClockJudgement::HourAhead),
            (3571.0, ClockJudgement::HourAhead),
            (3500.0, ClockJudgement::Off),
            (-3601.0, ClockJudgement::HourBehind),
            (-7200.0, ClockJudgement::Off),
        ];
        for (secs, expect) in cases {
            let nanos = (secs * 1e9) as i64;
            assert_eq!(ClockOffset { nanos }.judge(), expect, "{secs}");
        }
        assert_eq!(ClockOffset { nanos: i64::MIN }.judge(), ClockJudgement::Off);
    }
}
