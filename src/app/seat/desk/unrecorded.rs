//! What happens is seen and heard before the store has it: alarms are shown ahead of their records,
//! what waits for longer lies in a spool beside the store, and both are over when the store has it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::super::super::alarms::Waiting as Shown;
use super::super::super::state::{Notice, State};
use super::Desk;
use super::alarms::class_of_key;
use super::waiting::{Group, ONLY_KEPT, Waiting};
use crate::base::clock::WallTime;
use crate::model::alarm::acts::{News, record_id};
use crate::model::id::Id;
use crate::store::database::new_id;
use crate::store::spool::Spool;

/// What waits for longer is shown as not recorded, and lies in the spool.
const SHOWN_AFTER: Duration = Duration::from_secs(1);
/// So many of what waits are shown one by one, the most urgent and oldest.
const MOST_SHOWN: usize = 4;

impl Waiting {
    /// Keeps them in the spool. When they are found again the store may have them: what we saw
    /// ourselves is known there by its own identity.
    fn spool(&mut self, spool: &Spool) {
        self.spooled = true;
        let own = self.news.occurrence.id;
        self.news.digest.get_or_insert_with(|| own.to_string());
        spool.keep(self.news.clone(), self.since);
    }
}

impl Desk {
    /// What was not recorded when the program ended happens again, and from now on what waits for
    /// long is kept in `spool`.
    pub(crate) fn spool_with(&mut self, mut spool: Spool, state: &mut State, wall: WallTime) {
        for fault in spool.faults() {
            tracing::error!("{fault}");
            state.notices.push(Notice::Text(fault.to_string()));
        }
        for (news, since) in spool.found() {
            let key = news.occurrence.key();
            self.wait(key, news, None, (since.min(wall), true));
        }
        self.alarms.spool = Some(spool);
    }

    /// Shows alarms as they are with what is not recorded yet.
    pub(super) fn show_ahead(&mut self, state: &mut State, now: Instant) {
        for key in state.seat.records.take_relearned() {
            if let Some(group) = self.alarms.waiting.get_mut(&key) {
                group.told(new_id());
            }
            self.alarms.changed.insert(key);
        }
        let late = self.alarms.waiting.iter_mut();
        for (key, group) in late.filter(|(_, group)| group.is_late(now)) {
            group.told(new_id());
            self.alarms.changed.insert(key.clone());
        }
        for key in std::mem::take(&mut self.alarms.changed) {
            self.show_one(state, &key);
        }
        self.alarms.waiting.retain(|_, group| !group.is_done());
    }

    fn show_one(&mut self, state: &mut State, key: &str) {
        let id = record_of(state, key);
        let class = class_of_key(state, key).filter(|class| class.enabled);
        let records = &mut state.seat.records;
        let group = self.alarms.waiting.get_mut(key);
        let ahead = group.zip(class).and_then(|(group, class)| {
            let recorded = records.recorded(id).map(|kept| &kept.value);
            group.ahead(recorded, &class).cloned()
        });
        match ahead {
            Some(alarm) => records.show_ahead(id, alarm),
            None => records.show_recorded(id),
        }
    }

    /// News that the store took: shown until it tells their record.
    pub(super) fn took(&mut self, state: &State, key: &str, news: Vec<News>, now: Instant) {
        let id = record_of(state, key);
        let records = &state.seat.records;
        let last = news.last().map(|news| news.occurrence.id);
        let is_told = records.recorded(id).is_some_and(|kept| {
            let heard = &kept.value.heard;
            last.is_some_and(|last| heard.contains(&last))
        });
        let shown = !records.is_recorded(id);
        if let Some(group) = self.alarms.waiting.get_mut(key) {
            if shown && !is_told {
                group.took(news, now);
            } else {
                group.told(new_id());
            }
        }
        self.alarms.changed.insert(key.to_owned());
    }

    /// Says what waits for long, and keeps it beside the store.
    pub(super) fn show_what_waits(&mut self, state: &mut State, wall: WallTime) {
        let after = match &state.seat.trouble {
            // It is known that it will not be recorded soon.
            Some(_) => 0,
            None => SHOWN_AFTER.as_nanos() as u64,
        };
        // In whichever direction: our clock may have been set back.
        let long = |waiting: &Waiting| wall.nanos_since(waiting.since).unsigned_abs() >= after;
        if let Some(spool) = &self.alarms.spool {
            let waiting = calling(&mut self.alarms.waiting);
            for waiting in waiting.filter(|waiting| !waiting.spooled && long(waiting)) {
                waiting.spool(spool);
            }
        }
        let groups = self.alarms.waiting.values();
        let mut shown: Vec<Shown> = groups
            .filter_map(|group| {
                let first = group.all.iter().find(|waiting| long(waiting))?;
                let occurrence = &first.news.occurrence;
                Some(Shown {
                    class: occurrence.class.clone(),
                    camera: occurrence.camera.clone(),
                    since: first.since,
                    count: group.all.len(),
                })
            })
            .collect();
        let classes = &state.alarms.classes;
        shown.sort_by_key(|waiting| {
            let priority = classes.get(&waiting.class).map(|class| class.priority);
            (std::cmp::Reverse(priority), waiting.since)
        });
        let more = shown.iter().skip(MOST_SHOWN).map(|waiting| waiting.count);
        state.alarms.waiting_more = more.sum();
        shown.truncate(MOST_SHOWN);
        state.alarms.waiting = shown;
        let spool = self.alarms.spool.as_ref();
        state.alarms.only_in_memory =
            !state.alarms.waiting.is_empty() && spool.is_none_or(|spool| !spool.is_written());
    }

    /// What the store did not take when the program ends lies in the spool.
    pub(super) fn spool_the_rest(&mut self) {
        let Some(spool) = self.alarms.spool.take() else {
            return;
        };
        for waiting in calling(&mut self.alarms.waiting) {
            if !waiting.spooled {
                waiting.spool(&spool);
            }
        }
    }
}

/// What waits and calls somebody; who says what is only kept says it again until it is.
fn calling(waiting: &mut BTreeMap<String, Group>) -> impl Iterator<Item = &mut Waiting> {
    let groups = waiting.iter_mut();
    let groups = groups.filter(|(key, _)| !key.starts_with(ONLY_KEPT));
    groups.flat_map(|(_, group)| &mut group.all)
}

/// The record of the open alarm of a key: that of one that was taken over is another's.
pub(super) fn record_of(state: &State, key: &str) -> Id {
    let centre = &state.seat.centre;
    let open = state.seat.records.alarms.iter();
    open.filter(|kept| kept.centre == *centre)
        .find(|kept| kept.value.key == key)
        .map_or_else(|| record_id(centre, key), |kept| kept.id)
}
