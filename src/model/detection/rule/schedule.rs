//! When a rule holds: days of the week and hours, by the clock of the centre.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Weekday};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

/// The most spans of one schedule.
pub const MOST_SPANS: usize = 32;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Day {
    /// All, Monday first.
    pub const ALL: [Self; 7] = [
        Self::Mon,
        Self::Tue,
        Self::Wed,
        Self::Thu,
        Self::Fri,
        Self::Sat,
        Self::Sun,
    ];

    /// The key of its short word.
    pub fn key(self) -> &'static str {
        match self {
            Self::Mon => "day-mon",
            Self::Tue => "day-tue",
            Self::Wed => "day-wed",
            Self::Thu => "day-thu",
            Self::Fri => "day-fri",
            Self::Sat => "day-sat",
            Self::Sun => "day-sun",
        }
    }

    fn of(day: Weekday) -> Self {
        match day {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }

    fn before(self) -> Self {
        Self::ALL[(self as usize + 6) % 7]
    }
}

/// A time of day in whole minutes, 00:00 to 24:00; in files `"22:30"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

/// A text is no time of day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is no time of day (hours and minutes, 00:00 to 24:00)")]
pub struct NotATime {
    /// The text, its first characters.
    pub text: String,
}

impl TimeOfDay {
    /// From hours and minutes; nothing beyond 24:00.
    pub fn new(hours: u16, minutes: u16) -> Option<Self> {
        let all = hours.checked_mul(60)?.checked_add(minutes)?;
        (minutes < 60 && all <= 24 * 60).then_some(Self(all))
    }

    /// Minutes since midnight, 0 to 1440.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NotATime;

    fn try_from(text: String) -> Result<Self, NotATime> {
        text.parse()
    }
}

impl FromStr for TimeOfDay {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let number = |part: &str| -> Option<u16> {
            let digits = part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        };
        text.split_once(':')
            .filter(|(_, minutes)| minutes.len() == 2)
            .and_then(|(hours, minutes)| Self::new(number(hours)?, number(minutes)?))
            .ok_or_else(|| NotATime {
                text: text.chars().take(20).collect(),
            })
    }
}

/// Some hours of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The days on which it begins; all when there is none.
    #[serde(default)]
    pub days: BTreeSet<Day>,
    /// When it begins.
    pub from: TimeOfDay,
    /// When it is over; before `from`, on the next day.
    pub to: TimeOfDay,
}

impl Span {
    /// From ten in the evening to six in the morning, every day.
    pub fn night() -> Self {
        Self {
            days: BTreeSet::new(),
            from: TimeOfDay(22 * 60),
            to: TimeOfDay(6 * 60),
        }
    }

    /// Adds a day or takes it out; at least one stays, and all are none.
    pub fn toggle(&mut self, day: Day) {
        if self.days.is_empty() {
            self.days = Day::ALL.into();
        }
        if !self.days.remove(&day) {
            self.days.insert(day);
        }
        if self.days.is_empty() {
            self.days.insert(day);
        } else if self.days.len() == Day::ALL.len() {
            self.days.clear();
        }
    }

    fn begins_on(&self, day: Day) -> bool {
        self.days.is_empty() || self.days.contains(&day)
    }

    /// Whether it holds at a local time.
    pub fn holds(&self, local: DateTime) -> bool {
        let now = local.hour() as u16 * 60 + local.minute() as u16;
        let (from, to) = (self.from.0, self.to.0);
        let today = Day::of(local.weekday());
        if from == to {
            return false;
        }
        if from < to {
            self.begins_on(today) && (from..to).contains(&now)
        } else {
            (self.begins_on(today) && now >= from) || (self.begins_on(today.before()) && now < to)
        }
    }
}

/// When a rule holds; always when there is no span.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schedule(pub Vec<Span>);

impl Schedule {
    /// Always.
    pub const ALWAYS: Self = Self(Vec::new());

    /// Whether it holds at a local time.
    pub fn holds(&self, local: DateTime) -> bool {
        self.0.is_empty() || self.0.iter().any(|span| span.holds(local))
    }

    /// What is wrong with it.
    pub fn check(&self) -> Vec<Fault> {
        if self.0.len() > MOST_SPANS {
            return vec![Fault::TooManySpans { most: MOST_SPANS }];
        }
        let empty = |span: &Span| span.from == span.to || span.from.0 == 24 * 60;
        let found = self.0.iter().enumerate().filter(|(_, span)| empty(span));
        found.map(|(span, _)| Fault::EmptySpan { span }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_added_and_taken_out_and_one_stays() {
        let mut span = Span::night();
        span.toggle(Day::Sun);
        assert_eq!(span.days.len(), 6);
        assert!(!span.days.contains(&Day::Sun));
        for day in Day::ALL.into_iter().take(6) {
            span.toggle(day);
        }
        assert_eq!(span.days, [Day::Sat].into(), "the last one stays");
        for day in Day::ALL {
            if day != Day::Sat {
                span.toggle(day);
            }
        }
        assert_eq!(span.days, BTreeSet::new(), "all are none");
    }
    use jiff::civil::date;

    fn span(days: &[Day], from: &str, to: &str) -> Span {
        Span {
            days: days.iter().copied().collect(),
            from: from.parse().expect("a time"),
            to: to.parse().expect("a time"),
        }
    }

    #[test]
    fn times_are_read_and_written() {
        let check = |text: &str, expect: Option<u16>| {
            let got = text.parse::<TimeOfDay>().ok();
            assert_eq!(got.map(TimeOfDay::minutes), expect, "{text}");
        };
        check("00:00", Some(0));
        check("7:05", Some(425));
        check("24:00", Some(1440));
        for bad in [
            "", "24:01", "12:60", "12", "12:5", "-1:00", "+1:00", "12:00:00", "aa:bb",
        ] {
            check(bad, None);
        }
        assert_eq!(TimeOfDay(425).to_string(), "07:05");
    }

    #[test]
    fn a_span_over_midnight_belongs_to_the_day_it_begins_on() {
        // The 20th of November 2026 is a Friday.
        let night = span(&[Day::Fri], "22:00", "06:00");
        let at = |day: i8, hour: i8, minute: i8| date(2026, 11, day).at(hour, minute, 0, 0);
        for (local, expect) in [
            (at(20, 5, 59), false),
            (at(20, 21, 59), false),
            (at(20, 22, 0), true),
            (at(20, 23, 59), true),
            (at(21, 0, 0), true),
            (at(21, 5, 59), true),
            (at(21, 6, 0), false),
            (at(21, 22, 0), false),
            (at(22, 1, 0), false),
        ] {
            assert_eq!(night.holds(local), expect, "{local}");
        }
        let sunday = span(&[Day::Sun], "23:00", "01:00");
        assert!(sunday.holds(at(23, 0, 30)), "Monday's first hour");
        let workday = span(&[Day::Mon, Day::Fri], "08:00", "24:00");
        assert!(workday.holds(at(20, 23, 59)));
        assert!(!workday.holds(at(21, 0, 0)));
        assert!(span(&[], "08:00", "09:00").holds(at(21, 8, 0)));
    }

    #[test]
    fn no_span_is_always_and_an_empty_one_is_a_fault() {
        let noon = date(2026, 11, 20).at(12, 0, 0, 0);
        assert!(Schedule::ALWAYS.holds(noon));
        let two = Schedule(vec![
            span(&[], "01:00", "02:00"),
            span(&[], "03:00", "03:00"),
        ]);
        assert!(!two.holds(noon));
        assert_eq!(two.check(), [Fault::EmptySpan { span: 1 }]);
        let never = Schedule(vec![span(&[], "24:00", "06:00")]);
        assert_eq!(never.check(), [Fault::EmptySpan { span: 0 }]);
    }
}
