//! Three times, three types.
//!
//! * [`std::time::Instant`]: monotonic, for durations on this machine.
//! * [`WallTime`]: UTC, for what people and other machines are told.
//! * [`MediaTime`]: a stream's own presentation time, from an origin of its own.
//!
//! None turns into another without an explicit origin.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Wall-clock time: nanoseconds of UTC since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub i64);

/// Presentation time inside one stream, in nanoseconds from that stream's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(pub i64);

/// Seconds between the NTP era (1900) and the Unix era (1970).
const NTP_TO_UNIX_SECS: i64 = 2_208_988_800;

impl WallTime {
    /// From whole microseconds of UTC, as the store keeps them.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(1000))
    }

    /// As whole microseconds of UTC.
    pub fn micros(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// From a 64-bit NTP timestamp (seconds since 1900 and a 32-bit fraction; RFC 3550 section 4).
    /// Years before 1968 are taken for the next NTP era, as RFC 4330 section 3 proposes.
    pub fn from_ntp(ntp: u64) -> Self {
        let mut secs = (ntp >> 32) as i64;
        if secs & 0x8000_0000 == 0 {
            secs += 1 << 32;
        }
        let fraction = (ntp & 0xffff_ffff) as i64;
        let nanos = (fraction * 1_000_000_000) >> 32;
        Self((secs - NTP_TO_UNIX_SECS) * 1_000_000_000 + nanos)
    }

    /// As a 64-bit NTP timestamp.
    pub fn to_ntp(self) -> u64 {
        let secs = self.0.div_euclid(1_000_000_000) + NTP_TO_UNIX_SECS;
        let nanos = self.0.rem_euclid(1_000_000_000);
        let fraction = ((nanos as u64) << 32) / 1_000_000_000;
        ((secs as u64 & 0xffff_ffff) << 32) | fraction
    }

    /// Later by `by` (earlier when negative), in nanoseconds; saturates.
    #[must_use]
    pub fn plus_nanos(self, by: i64) -> Self {
        Self(self.0.saturating_add(by))
    }

    /// How much later this is than `other`, in nanoseconds; negative when earlier.
    pub fn nanos_since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// Kept as whole microseconds.
impl serde::Serialize for WallTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(self.micros())
    }
}

impl<'de> serde::Deserialize<'de> for WallTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        i64::deserialize(from).map(Self::from_micros)
    }
}

impl MediaTime {
    /// In seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

/// Where the present comes from. Logic that must be tested in simulated time takes one of these.
pub trait Clock: Send + Sync {
    /// Monotonic now.
    fn now(&self) -> Instant;
    /// UTC now.
    fn wall(&self) -> WallTime;
}

/// The machine's own clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        now()
    }

    fn wall(&self) -> WallTime {
        wall_now()
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct SimulatedClock {
    origin: Instant,
    origin_wall: WallTime,
    elapsed: parking_lot::Mutex<Duration>,
}

impl SimulatedClock {
    /// Starts at `origin_wall`.
    pub fn new(origin_wall: WallTime) -> Self {
        Self {
            origin: now(),
            origin_wall,
            elapsed: parking_lot::Mutex::new(Duration::ZERO),
        }
    }

    /// Moves both times on by `by`.
    pub fn advance(&self, by: Duration) {
        *self.elapsed.lock() += by;
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        self.origin + *self.elapsed.lock()
    }

    fn wall(&self) -> WallTime {
        self.origin_wall
            .plus_nanos(self.elapsed.lock().as_nanos() as i64)
    }
}

/// Monotonic now, from the machine.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Instant {
    Instant::now()
}

/// UTC now, from the machine.
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn wall_now() -> WallTime {
    let nanos = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i64,
        Err(before) => -(before.duration().as_nanos() as i64),
    };
    WallTime(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ntp_round_trips_within_a_nanosecond() {
        for nanos in [0, 1, 999_999_999, 1_795_000_000_123_456_789] {
            let there = WallTime(nanos);
            let back = WallTime::from_ntp(there.to_ntp());
            assert!(
                (back.0 - nanos).abs() <= 1,
                "{nanos} came back as {}",
                back.0
            );
        }
    }

    #[test]
    fn ntp_era_rolls_over_in_2036() {
        // 2040-01-01T00:00:00Z
        let there = WallTime(2_208_988_800 * 1_000_000_000);
        assert_eq!(WallTime::from_ntp(there.to_ntp()), there);
    }

    #[test]
    fn simulated_time_moves_only_when_told() {
        let clock = SimulatedClock::new(WallTime(5));
        let before = clock.now();
        clock.advance(Duration::from_secs(3));
        assert_eq!(clock.now() - before, Duration::from_secs(3));
        assert_eq!(clock.wall(), WallTime(3_000_000_005));
    }
}
