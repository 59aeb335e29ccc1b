//! How many crossed a line, minute by minute, and how much of each minute was watched: a gap is a
//! gap, never a zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Class;
use super::rule::{Direction, RuleId, kind};
use crate::base::clock::WallTime;

/// A minute in nanoseconds.
const MINUTE: i64 = 60_000_000_000;
/// How many minutes are kept: eight days.
pub const MOST_MINUTES: usize = 8 * 24 * 60;
/// The most classes that one minute counts apart; further ones are not counted.
const MOST_CLASSES: usize = 64;

/// One class in one direction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What.
    pub class: Class,
    /// In which direction.
    pub direction: Direction,
    /// How many.
    pub count: u32,
}

/// What was counted in one minute of UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Minute {
    /// How much of it was watched, nanoseconds.
    watched: i64,
    /// What crossed.
    rows: Vec<Row>,
}

/// A minute of one line, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The rule that counted.
    pub rule: RuleId,
    /// Which minute, since 1970.
    pub minute: i64,
    /// What it counted.
    pub what: Minute,
}

impl Minute {
    /// Of the same minute, what was counted at another time.
    fn join(&mut self, other: &Self) {
        self.watched = self
            .watched
            .saturating_add(other.watched.max(0))
            .min(MINUTE);
        for row in &other.rows {
            self.add(&row.class, row.direction, row.count);
        }
    }

    fn add(&mut self, class: &Class, direction: Direction, count: u32) {
        let same = |row: &Row| row.class == *class && row.direction == direction;
        match self.rows.iter().position(same) {
            Some(at) => self.rows[at].count = self.rows[at].count.saturating_add(count),
            None if self.rows.len() < MOST_CLASSES => self.rows.push(Row {
                class: class.clone(),
                direction,
                count,
            }),
            None => {}
        }
    }
}

/// The counts of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counting {
    /// Minutes since 1970, of those that were watched at least in part.
    minutes: BTreeMap<i64, Minute>,
}

/// What was counted in some time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// Which share of the time was watched, above 0 to 1.
    pub watched: f32,
    /// What crossed, by class and direction; what is not here did not cross while it was watched.
    pub rows: Vec<Row>,
}

impl Sum {
    /// How many of some classes, in both directions.
    pub fn of(&self, classes: &[&str]) -> u32 {
        let wanted = |row: &&Row| classes.contains(&row.class.as_str());
        self.rows.iter().filter(wanted).map(|row| row.count).sum()
    }

    /// How many people.
    pub fn persons(&self) -> u32 {
        self.of(&[kind::PERSON])
    }

    /// How many vehicles with a motor.
    pub fn vehicles(&self) -> u32 {
        self.of(&kind::VEHICLES)
    }

    /// How many of everything in one direction.
    pub fn towards(&self, direction: Direction) -> u32 {
        let wanted = |row: &&Row| direction.takes(row.direction);
        self.rows.iter().filter(wanted).map(|row| row.count).sum()
    }
}

impl Counting {
    /// The line was watched from one time to another. Times in the wrong order count nothing.
    pub fn watched(&mut self, from: WallTime, to: WallTime) {
        let mut at = from.0;
        // No caller bridges more than a gap; a mad clock must not make a million minutes.
        let end = to.0.min(from.0.saturating_add(MINUTE * 60));
        while at < end {
            let minute = at.div_euclid(MINUTE);
            let until = minute.saturating_add(1).saturating_mul(MINUTE).min(end);
            let entry = self.minutes.entry(minute).or_default();
            entry.watched = (entry.watched + (until - at)).min(MINUTE);
            at = until;
        }
        while self.minutes.len() > MOST_MINUTES {
            self.minutes.pop_first();
        }
    }

    /// Something crossed.
    pub fn crossed(&mut self, at: WallTime, class: &Class, direction: Direction) {
        let minute = at.0.div_euclid(MINUTE);
        self.minutes
            .entry(minute)
            .or_default()
            .add(class, direction, 1);
        while self.minutes.len() > MOST_MINUTES {
            self.minutes.pop_first();
        }
    }

    /// Takes out the minutes that ended before `now`; all of them where there is none.
    pub fn take_ended(&mut self, now: Option<WallTime>) -> Vec<(i64, Minute)> {
        let rest = now.map_or_else(BTreeMap::new, |now| {
            self.minutes.split_off(&now.0.div_euclid(MINUTE))
        });
        std::mem::replace(&mut self.minutes, rest)
            .into_iter()
            .collect()
    }

    /// Adds what was counted in a minute (since 1970).
    pub fn join(&mut self, minute: i64, what: &Minute) {
        self.minutes.entry(minute).or_default().join(what);
        while self.minutes.len() > MOST_MINUTES {
            self.minutes.pop_first();
        }
    }

    /// What was counted in `minutes` whole minutes from the minute of `from` on; nothing where none of
    /// it was watched.
    pub fn sum(&self, from: WallTime, minutes: u32) -> Option<Sum> {
        let first = from.0.div_euclid(MINUTE);
        let mut all = Minute::default();
        for (_, minute) in self.minutes.range(first..first + i64::from(minutes)) {
            all.watched += minute.watched;
            for row in &minute.rows {
                all.add(&row.class, row.direction, row.count);
            }
        }
        if all.watched == 0 {
            return None;
        }
        all.rows
            .sort_by(|a, b| (&a.class, a.direction).cmp(&(&b.class, b.direction)));
        let whole = i64::from(minutes) * MINUTE;
        Some(Sum {
            watched: (all.watched as f64 / whole as f64) as f32,
            rows: all.rows,
        })
    }

    /// The hours from `from` on, each as [`Self::sum`] gives it, for a chart.
    pub fn hours(&self, from: WallTime, hours: u32) -> Vec<Option<Sum>> {
        let hour = |n: u32| self.sum(from.plus_nanos(i64::from(n) * 60 * MINUTE), 60);
        (0..hours).map(hour).collect()
    }

    /// Nothing was watched yet.
    pub fn is_empty(&self) -> bool {
        self.minutes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64, seconds: i64) -> WallTime {
        WallTime(minutes * MINUTE + seconds * 1_000_000_000)
    }

    #[test]
    fn an_hour_says_how_much_of_it_was_watched() {
        let mut counting = Counting::default();
        assert_eq!(counting.sum(at(0, 0), 60), None);
        counting.watched(at(10, 30), at(25, 30));
        counting.crossed(at(12, 0), &"person".into(), Direction::LeftToRight);
        counting.crossed(at(12, 1), &"person".into(), Direction::RightToLeft);
        counting.crossed(at(20, 0), &"car".into(), Direction::LeftToRight);
        let hour = counting.sum(at(0, 0), 60).expect("watched");
        assert_eq!(hour.watched, 0.25);
        assert_eq!((hour.persons(), hour.vehicles()), (2, 1));
        assert_eq!(hour.towards(Direction::LeftToRight), 2);
        assert_eq!(counting.sum(at(60, 0), 60), None, "a gap is no zero");
        let quiet = counting.sum(at(13, 0), 5).expect("watched");
        assert_eq!(
            (quiet.watched, quiet.rows.len()),
            (1.0, 0),
            "a zero is a zero"
        );
        let hours = counting.hours(at(-60, 0), 3);
        let shares: Vec<_> = hours
            .iter()
            .map(|h| h.as_ref().map(|h| h.watched))
            .collect();
        assert_eq!(shares, [None, Some(0.25), None]);
    }

    #[test]
    fn what_is_watched_twice_is_no_more_than_all() {
        let mut counting = Counting::default();
        for _ in 0..3 {
            counting.watched(at(0, 0), at(1, 0));
        }
        counting.watched(at(5, 0), at(4, 0));
        assert_eq!(counting.sum(at(0, 0), 1).expect("watched").watched, 1.0);
        assert_eq!(counting.sum(at(4, 0), 1), None);
    }

    #[test]
    fn minutes_are_handed_on_and_put_together_again() {
        let mut counting = Counting::default();
        counting.watched(at(0, 0), at(2, 30));
        counting.crossed(at(1, 0), &"person".into(), Direction::LeftToRight);
        counting.crossed(at(2, 0), &"person".into(), Direction::LeftToRight);
        let mut kept = Counting::default();
        for (minute, what) in counting.take_ended(Some(at(2, 30))) {
            kept.join(minute, &what);
        }
        assert_eq!(kept.sum(at(0, 0), 60).expect("watched").persons(), 1);
        counting.watched(at(2, 30), at(3, 0));
        for (minute, what) in counting.take_ended(None) {
            kept.join(minute, &what);
        }
        let sum = kept.sum(at(0, 0), 3).expect("watched");
        assert_eq!((sum.watched, sum.persons()), (1.0, 2));
        assert!(counting.is_empty());
        // The same minute again, from a watch that began anew in it.
        kept.join(
            2,
            &Minute {
                watched: MINUTE,
                rows: Vec::new(),
            },
        );
        assert_eq!(kept.sum(at(2, 0), 1).expect("watched").watched, 1.0);
    }

    #[test]
    fn memory_is_bounded_whatever_the_clock_says() {
        let mut counting = Counting::default();
        counting.watched(at(0, 0), WallTime(i64::MAX));
        assert!(counting.minutes.len() <= 60);
        for day in 0..20 {
            for minute in 0..24 * 60 {
                let start = day * 24 * 60 + minute;
                counting.watched(at(start, 0), at(start + 1, 0));
            }
        }
        assert_eq!(counting.minutes.len(), MOST_MINUTES);
        for n in 0..1000 {
            let class = Class::new(format!("class {n}"));
            counting.crossed(at(20 * 24 * 60, 0), &class, Direction::LeftToRight);
        }
        let rows = counting
            .sum(at(20 * 24 * 60 - 1, 0), 2)
            .expect("watched")
            .rows;
        assert_eq!(rows.len(), MOST_CLASSES);
        counting.watched(WallTime(i64::MIN), WallTime(i64::MIN + 5));
        counting.watched(WallTime(i64::MAX - 5), WallTime(i64::MAX));
        counting.sum(WallTime(i64::MAX), 60);
        counting.sum(WallTime(i64::MIN), 60);
    }
}
