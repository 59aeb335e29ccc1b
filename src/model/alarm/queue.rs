//! What stands where in the queue, whether there are too many, and what sounds.

use std::collections::BTreeMap;

use super::Priority;
use super::alarm::{Alarm, State};
use super::aside::Asides;
use crate::base::clock::WallTime;
use crate::model::act::Kept;

/// So many new alarms within [`FLOOD_WITHIN_S`] are a flood (ISA-18.2).
pub const FLOOD: usize = 10;
/// See [`FLOOD`], seconds.
pub const FLOOD_WITHIN_S: i64 = 600;

/// One line of the queue: an alarm, or in a flood several of one class at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Indices into the alarms; the first is the one that stands for all.
    pub alarms: Vec<usize>,
    /// It is aside.
    pub aside: bool,
}

/// The queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// In the order in which they want an answer; what is aside stands last.
    pub entries: Vec<Entry>,
    /// So many came in the last ten minutes.
    pub recent: usize,
    /// These are too many.
    pub flood: bool,
}

/// The order: what is aside last, then by priority, then what calls before what somebody has, then
/// the oldest.
fn order(alarm: &Alarm, aside: bool) -> (bool, std::cmp::Reverse<Priority>, bool, WallTime) {
    let calls = alarm.state().calls();
    (
        aside,
        std::cmp::Reverse(alarm.priority),
        !calls,
        alarm.raised,
    )
}

impl Queue {
    /// Of all open alarms. `area` says what counts as one place in a flood; `recent` is how many
    /// alarms came in the last ten minutes and are over already.
    pub fn of(
        alarms: &[Kept<Alarm>],
        asides: &Asides,
        now: WallTime,
        over: usize,
        area: impl Fn(&Alarm) -> String,
    ) -> Self {
        let since = now.plus_nanos(-FLOOD_WITHIN_S * 1_000_000_000);
        let mut rows: Vec<(usize, &Alarm, bool)> = Vec::with_capacity(alarms.len());
        let mut recent = over;
        for (index, kept) in alarms.iter().enumerate() {
            let alarm = &kept.value;
            if alarm.state() == State::Ended {
                continue;
            }
            let aside = asides.of(alarm, now).is_some();
            if !aside && alarm.raised > since {
                recent += 1;
            }
            rows.push((index, alarm, aside));
        }
        rows.sort_by_key(|(_, alarm, aside)| order(alarm, *aside));
        let flood = recent >= FLOOD;
        let mut entries: Vec<Entry> = Vec::with_capacity(rows.len());
        let mut groups: BTreeMap<(String, String, bool), usize> = BTreeMap::new();
        for (index, alarm, aside) in rows {
            // What is critical stands alone, and so does what somebody has in hand.
            let single = alarm.priority == Priority::Critical || !alarm.state().calls();
            if flood && !single {
                let key = (alarm.class.to_string(), area(alarm), aside);
                if let Some(entry) = groups.get(&key) {
                    entries[*entry].alarms.push(index);
                    continue;
                }
                groups.insert(key, entries.len());
            }
            entries.push(Entry {
                alarms: vec![index],
                aside,
            });
        }
        Self {
            entries,
            recent,
            flood,
        }
    }
}

/// The alarms that sound, by index: nobody has seen them, they are not aside, and none of a higher
/// rank is about the same subject. The most urgent first, then the oldest.
pub fn sounding(alarms: &[Kept<Alarm>], asides: &Asides, now: WallTime) -> Vec<usize> {
    let calling = |alarm: &Alarm| alarm.state().calls() && asides.of(alarm, now).is_none();
    let mut highest: BTreeMap<&str, (u8, Priority)> = BTreeMap::new();
    for kept in alarms.iter().filter(|kept| calling(&kept.value)) {
        if let Some(subject) = &kept.value.subject {
            let rank = (kept.value.rank, kept.value.priority);
            let known = highest.entry(subject).or_insert(rank);
            *known = (*known).max(rank);
        }
    }
    let outranked = |alarm: &Alarm| {
        let rank = (alarm.rank, alarm.priority);
        let subject = alarm.subject.as_deref();
        alarm.priority != Priority::Critical
            && subject.is_some_and(|subject| highest.get(subject).is_some_and(|top| *top > rank))
    };
    let mut all: Vec<usize> = (0..alarms.len())
        .filter(|index| calling(&alarms[*index].value) && !outranked(&alarms[*index].value))
        .collect();
    all.sort_by_key(|index| order(&alarms[*index].value, false));
    all
}
