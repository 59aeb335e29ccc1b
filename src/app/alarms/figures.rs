//! How much the alarms are: of the last day and week, with those that are open.

use std::collections::BTreeMap;

use crate::base::clock::WallTime;
use crate::model::alarm::alarm::{Alarm, Past};
use crate::model::alarm::load::{self, Load, Precision, Sources};
use crate::model::alarm::queue::is_within;
use crate::model::id::Id;

/// Over how long the share of floods is taken, seconds: a shift.
const SHIFT_S: i64 = 12 * 3600;
/// How long what is over is remembered for the load, seconds.
const REMEMBERED_S: i64 = 24 * 3600;

/// Figures of the alarms.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// When those that are over were raised, of the last day, by number.
    over: BTreeMap<Id, WallTime>,
    open: Vec<WallTime>,
    /// Alarms of the last week by what they came from: how often each was right, and how many.
    pub week: Sources,
    /// The week has been read.
    pub week_read: bool,
}

impl Figures {
    /// An alarm is over.
    pub fn note_over(&mut self, past: &Past, now: WallTime) {
        self.over.insert(past.alarm.number, past.alarm.raised);
        let since = now.plus_nanos(-REMEMBERED_S * 1_000_000_000);
        if self.over.len() > 4096 {
            self.over.retain(|_, raised| *raised > since);
        }
    }

    /// These are open.
    pub fn note_open<'a>(&mut self, alarms: impl Iterator<Item = &'a Alarm>) {
        self.open = alarms.map(|alarm| alarm.raised).collect();
    }

    /// How many that are over were raised in the last `secs` seconds.
    pub fn over_within(&self, now: WallTime, secs: i64) -> usize {
        let over = self.over.values();
        over.filter(|raised| is_within(**raised, now, secs)).count()
    }

    /// How many there were, against the figures of the standard.
    pub fn load(&self, now: WallTime) -> Load {
        let mut raised: Vec<WallTime> = self.over.values().chain(&self.open).copied().collect();
        raised.sort_unstable();
        Load::of(&raised, now, SHIFT_S)
    }

    /// The week was read.
    pub fn take_week(&mut self, week: Sources) {
        self.week = week;
        self.week_read = true;
    }

    /// How often alarms like this one were right in the last week.
    pub fn precision(&self, alarm: &Alarm) -> Option<Precision> {
        let from = (alarm.class.clone(), alarm.camera.clone());
        self.week.get(&from).map(|(precision, _)| *precision)
    }

    /// What gave the most alarms in the last week.
    pub fn noisiest(&self, most: usize) -> Vec<(&load::From, Precision, u32)> {
        let mut all: Vec<_> = self
            .week
            .iter()
            .map(|(from, (precision, count))| (from, *precision, *count))
            .collect();
        all.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
        all.truncate(most);
        all
    }
}
