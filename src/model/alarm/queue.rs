//! What stands where in the queue, whether there are too many, and what sounds.

use std::collections::BTreeMap;

use super::Priority;
use super::alarm::{Alarm, State};
use crate::base::clock::WallTime;
use crate::model::act::Kept;

/// So many new alarms within [`FLOOD_WITHIN_S`] are a flood (ISA-18.2).
pub const FLOOD: usize = 10;
/// See [`FLOOD`], seconds.
pub const FLOOD_WITHIN_S: i64 = 600;

/// In which part of the queue an alarm stands; the parts follow each other in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// It is for this centre to answer.
    #[default]
    Own,
    /// It is put aside.
    Aside,
    /// It is another centre's, or another has taken it over: seen here, and silent.
    Elsewhere,
    /// The other record of what was taken over stands for it.
    Nowhere,
}

/// One line of the queue: an alarm, or in a flood several of one class at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Indices into the alarms; the first is the one that stands for all.
    pub alarms: Vec<usize>,
    /// Where it stands.
    pub part: Part,
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

/// The order: by part, then by priority, then what calls before what somebody has, then the oldest.
fn order(alarm: &Alarm, part: Part) -> (Part, std::cmp::Reverse<Priority>, bool, WallTime) {
    let calls = alarm.state().calls();
    (
        part,
        std::cmp::Reverse(alarm.priority),
        !calls,
        alarm.raised,
    )
}

/// Whether something was within so many seconds of `now`. What is as much later is of a clock that was
/// set back since, and was before.
pub fn is_within(at: WallTime, now: WallTime, secs: i64) -> bool {
    now.nanos_since(at).unsigned_abs() < secs.unsigned_abs().saturating_mul(1_000_000_000)
}

impl Queue {
    /// Of all open alarms. `part` says where each stands, `area` what counts as one place in a flood;
    /// `over` is how many alarms came in the last ten minutes and are over already.
    pub fn of(
        alarms: &[Kept<Alarm>],
        now: WallTime,
        over: usize,
        part: impl Fn(&Kept<Alarm>) -> Part,
        area: impl Fn(&Alarm) -> String,
    ) -> Self {
        let mut rows: Vec<(usize, &Alarm, Part)> = Vec::with_capacity(alarms.len());
        let mut recent = over;
        for (index, kept) in alarms.iter().enumerate() {
            let alarm = &kept.value;
            if alarm.state() == State::Ended {
                continue;
            }
            let part = part(kept);
            if part == Part::Nowhere {
                continue;
            }
            if part == Part::Own && is_within(alarm.raised, now, FLOOD_WITHIN_S) {
                recent += 1;
            }
            rows.push((index, alarm, part));
        }
        rows.sort_by_key(|(_, alarm, part)| order(alarm, *part));
        let flood = recent >= FLOOD;
        let mut entries: Vec<Entry> = Vec::with_capacity(rows.len());
        let mut groups: BTreeMap<(String, String, Part), usize> = BTreeMap::new();
        for (index, alarm, part) in rows {
            // What is critical stands alone, and so does what somebody has in hand.
            let single = alarm.priority == Priority::Critical || !alarm.state().calls();
            if flood && !single {
                let key = (alarm.class.to_string(), area(alarm), part);
                if let Some(entry) = groups.get(&key) {
                    entries[*entry].alarms.push(index);
                    continue;
                }
                groups.insert(key, entries.len());
            }
            entries.push(Entry {
                alarms: vec![index],
                part,
            });
        }
        Self {
            entries,
            recent,
            flood,
        }
    }
}

/// The alarms that sound, by index: nobody has seen them, they are this centre's to answer, and none of
/// a higher rank is about the same subject. The most urgent first, then the oldest.
pub fn sounding(alarms: &[Kept<Alarm>], part: impl Fn(&Kept<Alarm>) -> Part) -> Vec<usize> {
    let calling = |kept: &Kept<Alarm>| kept.value.state().calls() && part(kept) == Part::Own;
    let mut highest: BTreeMap<&str, (u8, Priority)> = BTreeMap::new();
    for kept in alarms.iter().filter(|kept| calling(kept)) {
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
        .filter(|index| calling(&alarms[*index]) && !outranked(&alarms[*index].value))
        .collect();
    all.sort_by_key(|index| order(&alarms[*index].value, Part::Own));
    all
}
