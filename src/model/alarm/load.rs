//! How much the alarms are for one operator, against the figures of ISA-18.2, and how often they were
//! right.

use std::collections::BTreeMap;

use super::alarm::Alarm;
use super::class::ClassKey;
use super::queue::{FLOOD, FLOOD_WITHIN_S};
use super::verdict::Judgement;
use crate::base::clock::WallTime;
use crate::model::camera::CameraId;

/// Up to so many an hour are acceptable (ISA-18.2).
pub const ACCEPTABLE_PER_HOUR: usize = 6;
/// Up to so many an hour can be managed (ISA-18.2).
pub const MANAGEABLE_PER_HOUR: usize = 12;
/// So much of the time may be a flood.
pub const FLOOD_SHARE: f64 = 0.01;

const SECOND: i64 = 1_000_000_000;

/// How a rate stands against the figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// Up to [`ACCEPTABLE_PER_HOUR`].
    Acceptable,
    /// Up to [`MANAGEABLE_PER_HOUR`].
    Manageable,
    /// More.
    TooMany,
}

/// How many alarms there were.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    /// In the last ten minutes.
    pub ten_minutes: usize,
    /// In the last hour.
    pub hour: usize,
    /// Share of the looked-at time in which ten or more had come within ten minutes, 0 to 1.
    pub flood_share: f64,
}

impl Load {
    /// Of the times at which alarms were raised, in order, over the `span_s` seconds before `now`.
    pub fn of(raised: &[WallTime], now: WallTime, span_s: i64) -> Self {
        let within = |secs: i64| {
            let since = now.plus_nanos(-secs * SECOND);
            raised
                .iter()
                .filter(|at| **at > since && **at <= now)
                .count()
        };
        let from = now.plus_nanos(-span_s * SECOND);
        let mut flooded = 0_i64;
        let mut told = from;
        for ten in raised.windows(FLOOD) {
            // From the tenth on, until the first of them is ten minutes ago.
            let begins = ten[FLOOD - 1].max(told);
            let ends = ten[0].plus_nanos(FLOOD_WITHIN_S * SECOND).min(now);
            if ends > begins {
                flooded += ends.nanos_since(begins);
                told = ends;
            }
        }
        Self {
            ten_minutes: within(600),
            hour: within(3600),
            flood_share: flooded as f64 / (span_s.max(1) * SECOND) as f64,
        }
    }

    /// Where the last hour stands.
    pub fn band(&self) -> Band {
        if self.hour <= ACCEPTABLE_PER_HOUR {
            Band::Acceptable
        } else if self.hour <= MANAGEABLE_PER_HOUR {
            Band::Manageable
        } else {
            Band::TooMany
        }
    }
}

/// How often something was what it said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// It was.
    pub right: u32,
    /// So many were settled.
    pub settled: u32,
}

impl Precision {
    /// Counts one more.
    pub fn note(&mut self, found: Judgement) {
        match found {
            // A dummy that was seen is a weapon that would have been.
            Judgement::Real | Judgement::TrainingAid => {
                self.right += 1;
                self.settled += 1;
            }
            Judgement::NoThreat => self.settled += 1,
            Judgement::Unsure => {}
        }
    }
}

/// What alarms came from: a class, on a camera where there is one.
pub type From = (ClassKey, Option<CameraId>);

/// How often what came from each source was right, and how many there were.
pub type Sources = BTreeMap<From, (Precision, u32)>;

/// How often each was right, and how many there were.
pub fn by_source<'a>(alarms: impl Iterator<Item = &'a Alarm>) -> Sources {
    let mut all = Sources::new();
    for alarm in alarms {
        let from = (alarm.class.clone(), alarm.camera.clone());
        let (precision, count) = all.entry(from).or_default();
        *count += 1;
        if let Some(verdict) = alarm.settled() {
            precision.note(verdict.found);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> WallTime {
        WallTime(secs * SECOND)
    }

    #[test]
    fn a_flood_lasts_from_the_tenth_until_fewer_than_ten_are_left() {
        // One a second from 1,000 on: the tenth comes at 1,009, and at 1,600 the first is ten minutes
        // ago.
        let ten: Vec<WallTime> = (0..10).map(|n| at(1000 + n)).collect();
        let load = Load::of(&ten, at(3600), 3600);
        assert!((load.flood_share - 591.0 / 3600.0).abs() < 1e-9, "{load:?}");
        assert_eq!(load.hour, 10);
        assert_eq!(load.band(), Band::Manageable);
        let nine = Load::of(&ten[..9], at(3600), 3600);
        assert!(nine.flood_share.abs() < 1e-12);
        // Two that overlap are one.
        let twenty: Vec<WallTime> = (0..20).map(|n| at(1000 + 30 * n)).collect();
        let both = Load::of(&twenty, at(3600), 3600);
        // 1,270, when the tenth comes, to 1,900 and on to the last ten's: 1,300 + 600.
        assert!((both.flood_share - 630.0 / 3600.0).abs() < 1e-9, "{both:?}");
    }
}
