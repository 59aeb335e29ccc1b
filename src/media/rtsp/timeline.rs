//! RTP time as one line without jumps, and the camera's clock beside it.

use std::time::{Duration, Instant};

use crate::rtp::SenderReport;

/// A step of RTP time that is larger than this beside what passed here is a jump of the camera's.
const MAX_STEP_SECS: i64 = 8;

/// The presentation times of one track.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    clock_hz: u32,
    last: Option<Last>,
    /// The last report: a moment in ticks, and the camera's clock then, nanoseconds since 1970.
    report: Option<(i64, i64)>,
}

#[derive(Clone, Copy, Debug)]
struct Last {
    timestamp: u32,
    ticks: i64,
    arrival: Instant,
}

/// A moment on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Since the first packet, in ticks of the track's clock.
    pub(crate) ticks: i64,
    /// RTP time jumped here.
    pub(crate) is_jump: bool,
}

impl Timeline {
    pub(crate) fn new(clock_hz: u32) -> Self {
        Self {
            clock_hz: clock_hz.max(1),
            last: None,
            report: None,
        }
    }

    /// Places a packet's time.
    pub(crate) fn place(&mut self, timestamp: u32, arrival: Instant) -> Moment {
        let Some(last) = self.last else {
            self.last = Some(Last {
                timestamp,
                ticks: 0,
                arrival,
            });
            return Moment {
                ticks: 0,
                is_jump: false,
            };
        };
        let step = i64::from(timestamp.wrapping_sub(last.timestamp) as i32);
        let passed = arrival.saturating_duration_since(last.arrival);
        let passed_ticks = (passed.as_secs_f64() * f64::from(self.clock_hz)) as i64;
        let limit = MAX_STEP_SECS * i64::from(self.clock_hz);
        // Forward by as much as passed here, however much that is, is no jump.
        let is_jump = step < -limit || step > limit + 2 * passed_ticks;
        let ticks = if is_jump {
            self.report = None;
            last.ticks + passed_ticks.max(1)
        } else {
            last.ticks + step
        };
        self.last = Some(Last {
            timestamp,
            ticks,
            arrival,
        });
        Moment { ticks, is_jump }
    }

    /// Nanoseconds of so many ticks.
    pub(crate) fn nanos(&self, ticks: i64) -> i64 {
        let nanos = i128::from(ticks) * 1_000_000_000 / i128::from(self.clock_hz);
        nanos.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// The camera tells its clock; a report that fits nowhere near is left out.
    pub(crate) fn note_report(&mut self, report: &SenderReport) {
        let (Some(last), Some(unix)) = (self.last, report.unix_nanos) else {
            if report.unix_nanos.is_none() {
                self.report = None;
            }
            return;
        };
        let step = i64::from(report.timestamp.wrapping_sub(last.timestamp) as i32);
        if step.abs() <= 60 * i64::from(self.clock_hz) {
            self.report = Some((last.ticks + step, unix));
        }
    }

    /// When the camera took what has this time, by its own clock: nanoseconds since 1970.
    pub(crate) fn capture_nanos(&self, ticks: i64) -> Option<i64> {
        let (at, unix) = self.report?;
        unix.checked_add(self.nanos(ticks - at))
    }

    /// The usual age of the last packet, for the tests.
    #[cfg(test)]
    fn seconds(&self) -> f64 {
        self.last.map_or(0.0, |l| self.nanos(l.ticks) as f64 / 1e9)
    }
}

/// The distance between units that is usual, for waiting that has to end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    last: Option<Instant>,
    interval: Option<Duration>,
}

impl Pace {
    pub(crate) fn note(&mut self, at: Instant) {
        if let Some(last) = self.last.replace(at) {
            let passed = at.saturating_duration_since(last);
            self.interval = Some(match self.interval {
                Some(usual) => (usual * 7 + passed) / 8,
                None => passed,
            });
        }
    }

    pub(crate) fn interval(&self) -> Option<Duration> {
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stream's seconds after 120 packets at 12 a second.
    fn after(rtp: impl Fn(f64) -> f64) -> (f64, usize) {
        let start = tokio::time::Instant::now().into_std();
        let mut line = Timeline::new(90_000);
        let mut jumps = 0;
        for n in 0..121 {
            let at = f64::from(n) / 12.0;
            let timestamp = (rtp(at) * 90_000.0) as i64 as u32;
            let moment = line.place(timestamp, start + Duration::from_secs_f64(at));
            jumps += usize::from(moment.is_jump);
        }
        (line.seconds(), jumps)
    }

    #[test]
    fn stream_time_goes_on_whatever_the_camera_stamps() {
        let check = |name: &str, rtp: fn(f64) -> f64, seconds: f64, jumps: usize| {
            let (have, seen) = after(rtp);
            assert!((have - seconds).abs() < 0.2, "{name}: {have}");
            assert_eq!(seen, jumps, "{name}");
        };
        check("plain", |t| t, 10.0, 0);
        check("wraps", |t| t + 47_721.8, 10.0, 0);
        check("stands", |_| 5.0, 0.0, 0);
        check(
            "an hour ahead",
            |t| if t > 5.0 { t + 3600.0 } else { t },
            10.0,
            1,
        );
        check(
            "ten seconds back",
            |t| if t > 5.0 { t - 10.0 } else { t },
            10.0,
            1,
        );
        check(
            "single ones away",
            |t| {
                if (4.9..5.0).contains(&t) {
                    t - 9800.0
                } else {
                    t
                }
            },
            10.0,
            2,
        );
    }

    #[test]
    fn a_picture_in_half_a_minute_is_no_jump() {
        let start = tokio::time::Instant::now().into_std();
        let mut line = Timeline::new(90_000);
        for n in 0..5 {
            let arrival = start + Duration::from_secs(30) * n;
            let moment = line.place(n * 30 * 90_000, arrival);
            assert!(!moment.is_jump);
        }
        assert_eq!(line.seconds(), 120.0);
    }

    #[test]
    fn the_cameras_clock_is_told_beside_it() {
        let now = tokio::time::Instant::now().into_std();
        let mut line = Timeline::new(90_000);
        line.place(90_000, now);
        let report = |unix_nanos, timestamp| SenderReport {
            unix_nanos,
            timestamp,
            ssrc: 1,
            middle: 0,
        };
        assert_eq!(line.capture_nanos(0), None);
        line.note_report(&report(Some(7_000_000_000), 180_000));
        assert_eq!(line.capture_nanos(0), Some(6_000_000_000));
        line.note_report(&report(None, 180_000));
        assert_eq!(line.capture_nanos(0), None, "not told any more");
        line.note_report(&report(Some(7_000_000_000), 1 << 31));
        assert_eq!(line.capture_nanos(0), None, "of another time");
    }
}
