//! Dates and times of day: day.month.year and 24 hours in all three languages.

use jiff::{Timestamp, tz::TimeZone};

use crate::base::clock::WallTime;

/// What is written where a time is beyond what a calendar holds.
const NO_TIME: &str = "–";

/// `31.12.2026` in `zone`.
pub fn date(at: WallTime, zone: &TimeZone) -> String {
    written(at, zone, "%d.%m.%Y")
}

/// `23:59:07` in `zone`.
pub fn time(at: WallTime, zone: &TimeZone) -> String {
    written(at, zone, "%H:%M:%S")
}

/// `31.12.2026 23:59:07` in `zone`.
pub fn date_time(at: WallTime, zone: &TimeZone) -> String {
    written(at, zone, "%d.%m.%Y %H:%M:%S")
}

fn written(at: WallTime, zone: &TimeZone, format: &str) -> String {
    Timestamp::from_nanosecond(i128::from(at.0)).map_or_else(
        |_| NO_TIME.to_owned(),
        |at| at.to_zoned(zone.clone()).strftime(format).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(text: &str) -> WallTime {
        let at: Timestamp = text.parse().expect("a test timestamp");
        WallTime(i64::try_from(at.as_nanosecond()).expect("in range"))
    }

    #[test]
    fn day_month_year_and_24_hours() {
        let zone = TimeZone::fixed(jiff::tz::offset(5));
        let at = wall("2026-03-09T19:04:05Z");
        assert_eq!(date(at, &zone), "10.03.2026");
        assert_eq!(time(at, &zone), "00:04:05");
        assert_eq!(date_time(at, &zone), "10.03.2026 00:04:05");
        assert_eq!(time(at, &TimeZone::UTC), "19:04:05");
    }

    #[test]
    fn the_last_moment_a_wall_time_holds_is_written() {
        assert_eq!(date(WallTime(i64::MAX), &TimeZone::UTC), "11.04.2262");
    }
}
