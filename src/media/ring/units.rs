//! The units of one ring: in their order, from a keyframe on, with the places of the keyframes beside
//! them, so that nothing is ever searched for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Held, KEPT_FOR, LONGEST_GROUP};
use crate::media::source::EncodedUnit;

/// What a unit costs beside its bytes: its place in the ring.
pub(super) const UNIT_COST: u64 = size_of::<EncodedUnit>() as u64;

fn cost(unit: &EncodedUnit) -> u64 {
    unit.bytes.len() as u64 + UNIT_COST
}

#[derive(Clone, Debug)]
struct Stored {
    unit: EncodedUnit,
    /// Something is missing before it.
    after_gap: bool,
}

/// Units from a keyframe on.
#[derive(Debug, Default)]
pub(super) struct Units {
    units: VecDeque<Stored>,
    /// The number of the first of `units`; each unit has one more than the one before it.
    first: u64,
    /// The numbers of those that are keyframes.
    keyframes: VecDeque<u64>,
    bytes: u64,
    gaps: usize,
    /// The next unit does not follow on the last: the connection was lost between.
    is_broken: bool,
}

impl Units {
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn break_off(&mut self) {
        self.is_broken = true;
    }

    /// Takes a unit; returns what it costs.
    pub(super) fn push(&mut self, unit: &EncodedUnit) -> u64 {
        let after_gap = std::mem::take(&mut self.is_broken) || unit.lost_packets > 0;
        if unit.keyframe {
            self.keyframes
                .push_back(self.first + self.units.len() as u64);
        } else if self.units.is_empty() {
            // Nothing could be decoded before the first keyframe.
            return 0;
        }
        let cost = cost(unit);
        self.bytes += cost;
        self.gaps += usize::from(after_gap);
        self.units.push_back(Stored {
            unit: unit.clone(),
            after_gap,
        });
        cost
    }

    /// Lets the oldest units go: a whole group where another keyframe stands behind it, else the unit
    /// behind the only one; all where nothing is behind that. Returns what they cost.
    ///
    /// A keyframe that stays moves up to the unit that is behind it now: what refers to it may be shown
    /// torn, which is better than nothing, and tells of the gap.
    pub(super) fn drop_oldest(&mut self) -> u64 {
        let before = self.bytes;
        if let Some(second) = self.keyframes.get(1).copied() {
            while self.first < second {
                self.pop();
            }
            self.keyframes.pop_front();
        } else if self.units.len() > 2
            && let Some(mut keyframe) = self.pop()
        {
            self.pop();
            if let Some(next) = self.units.front_mut() {
                self.gaps += usize::from(!next.after_gap);
                next.after_gap = true;
                keyframe.unit.arrival = next.unit.arrival;
            }
            self.bytes += cost(&keyframe.unit);
            self.gaps += usize::from(keyframe.after_gap);
            self.units.push_front(keyframe);
            self.first -= 1;
            self.keyframes[0] = self.first;
        } else {
            self.clear();
        }
        before - self.bytes
    }

    fn pop(&mut self) -> Option<Stored> {
        let stored = self.units.pop_front()?;
        self.first += 1;
        self.bytes -= cost(&stored.unit);
        self.gaps -= usize::from(stored.after_gap);
        Some(stored)
    }

    /// Lets go what is older than it need be; returns what it cost.
    pub(super) fn drop_aged(&mut self, now: Instant) -> u64 {
        let age = |stored: &Stored| now.saturating_duration_since(stored.unit.arrival);
        let mut freed = 0;
        loop {
            let is_aged = match self.keyframes.get(1) {
                // A group may go when the one behind it reaches back far enough.
                Some(second) => self.stored(*second).is_some_and(|s| age(s) >= KEPT_FOR),
                None => self.units.get(1).is_some_and(|s| age(s) > LONGEST_GROUP),
            };
            if !is_aged {
                return freed;
            }
            freed += self.drop_oldest();
        }
    }

    /// Lets go what is more than `most` bytes; returns what it cost.
    pub(super) fn drop_over(&mut self, most: u64) -> u64 {
        let mut freed = 0;
        while self.bytes > most {
            freed += self.drop_oldest();
        }
        freed
    }

    /// Lets all go; returns what it cost.
    pub(super) fn clear(&mut self) -> u64 {
        self.first += self.units.len() as u64;
        self.units.clear();
        self.keyframes.clear();
        self.gaps = 0;
        std::mem::take(&mut self.bytes)
    }

    fn stored(&self, number: u64) -> Option<&Stored> {
        self.units.get((number - self.first) as usize)
    }

    pub(super) fn begins(&self) -> Option<Instant> {
        self.units.front().map(|stored| stored.unit.arrival)
    }

    pub(super) fn held(&self) -> Held {
        let length = match (self.units.front(), self.units.back()) {
            (Some(first), Some(last)) => last
                .unit
                .arrival
                .saturating_duration_since(first.unit.arrival),
            _ => Duration::ZERO,
        };
        Held {
            bytes: self.bytes,
            units: self.units.len(),
            length,
            gaps: self.gaps,
        }
    }

    /// The units from the last keyframe at or before `from` up to `to`, and whether something is missing
    /// before each.
    pub(super) fn between(&self, from: Instant, to: Instant) -> Vec<(EncodedUnit, bool)> {
        let arrived = |number: &&u64| {
            let stored = self.stored(**number);
            stored.is_some_and(|stored| stored.unit.arrival <= from)
        };
        let begin = self.keyframes.iter().rfind(arrived);
        let begin = begin.map_or(0, |number| (number - self.first) as usize);
        self.units
            .range(begin..)
            .take_while(|stored| stored.unit.arrival <= to)
            .map(|stored| (stored.unit.clone(), stored.after_gap))
            .collect()
    }
}
