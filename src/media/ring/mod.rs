//! The encoded units of the last half minute, kept in memory as they came: no second connection, and
//! nothing is encoded again.
//!
//! Every feed has a [`Ring`]; all of a wall share one budget of bytes. A ring begins with a keyframe
//! and loses whole groups of pictures, the oldest first: those older than [`KEPT_FOR`], and more when
//! the budget is short, but never the group that is coming in. A span of it is written to disk by
//! [`Span::write`]; the recorder will take the same units.

mod keeper;
mod span;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub use keeper::{Kept, SpanKeeper, Wanted};
pub use span::{Span, SpanError, SpanFile};

use super::source::EncodedUnit;

/// How long units are kept.
pub const KEPT_FOR: Duration = Duration::from_secs(30);
/// What a unit costs beside its bytes: its place in the ring.
const UNIT_COST: u64 = size_of::<EncodedUnit>() as u64;

/// What all rings of a wall may hold together.
#[derive(Debug)]
pub struct Budget {
    cap: u64,
    held: AtomicU64,
}

impl Budget {
    /// So many bytes.
    pub fn new(cap: u64) -> Arc<Self> {
        Arc::new(Self {
            cap,
            held: AtomicU64::new(0),
        })
    }

    /// The most bytes.
    pub fn cap(&self) -> u64 {
        self.cap
    }

    /// Bytes that are held now.
    pub fn held(&self) -> u64 {
        self.held.load(Relaxed)
    }
}

/// What a ring holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    /// Bytes, with what each unit costs beside its own.
    pub bytes: u64,
    /// Units.
    pub units: usize,
    /// From the first unit's arrival to the last's.
    pub length: Duration,
    /// How often the stream was broken off in it.
    pub gaps: usize,
}

#[derive(Debug, Default)]
struct Units {
    units: VecDeque<Stored>,
    bytes: u64,
    /// The next unit does not follow on the last: the connection was lost between.
    broken: bool,
}

#[derive(Clone, Debug)]
struct Stored {
    unit: EncodedUnit,
    /// Something is missing before it.
    after_gap: bool,
}

fn cost(unit: &EncodedUnit) -> u64 {
    unit.bytes.len() as u64 + UNIT_COST
}

/// The last half minute of one feed.
#[derive(Debug)]
pub struct Ring {
    budget: Arc<Budget>,
    state: Mutex<Units>,
}

impl Ring {
    /// Empty, with a share of `budget`.
    pub fn new(budget: &Arc<Budget>) -> Self {
        Self {
            budget: Arc::clone(budget),
            state: Mutex::default(),
        }
    }

    /// Takes a unit as it came.
    pub fn push(&self, unit: &EncodedUnit) {
        let mut state = self.state.lock();
        let after_gap = std::mem::take(&mut state.broken) || unit.lost_packets > 0;
        if state.units.is_empty() && !unit.keyframe {
            // Nothing could be decoded before the first keyframe.
            return;
        }
        let added = cost(unit);
        state.bytes += added;
        self.budget.held.fetch_add(added, Relaxed);
        state.units.push_back(Stored {
            unit: unit.clone(),
            after_gap,
        });
        let oldest = unit.arrival.checked_sub(KEPT_FOR);
        loop {
            let Some(next) = second_keyframe(&state.units) else {
                // The group that is coming in stays, unless it alone is more than all may hold.
                if state.bytes > self.budget.cap {
                    self.forget(&mut state, usize::MAX);
                }
                return;
            };
            // A group may go when the one behind it reaches back far enough.
            let aged = oldest.is_some_and(|oldest| state.units[next].unit.arrival <= oldest);
            if !aged && self.budget.held() <= self.budget.cap {
                return;
            }
            self.forget(&mut state, next);
        }
    }

    /// The connection was lost: what comes next does not follow on what came last.
    pub fn break_off(&self) {
        self.state.lock().broken = true;
    }

    fn forget(&self, state: &mut Units, first: usize) {
        let first = first.min(state.units.len());
        let freed: u64 = state.units.drain(..first).map(|one| cost(&one.unit)).sum();
        state.bytes -= freed;
        self.budget.held.fetch_sub(freed, Relaxed);
    }

    /// When its first unit arrived.
    pub fn begins(&self) -> Option<Instant> {
        let state = self.state.lock();
        state.units.front().map(|one| one.unit.arrival)
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        let state = self.state.lock();
        let length = match (state.units.front(), state.units.back()) {
            (Some(first), Some(last)) => last
                .unit
                .arrival
                .saturating_duration_since(first.unit.arrival),
            _ => Duration::ZERO,
        };
        Held {
            bytes: state.bytes,
            units: state.units.len(),
            length,
            gaps: state.units.iter().filter(|one| one.after_gap).count(),
        }
    }

    /// The units from the last keyframe at or before `from` up to `to`; they are shared, not copied.
    /// What came before the ring begins is not there.
    pub fn span(&self, from: Instant, to: Instant) -> Span {
        let state = self.state.lock();
        let begin = state
            .units
            .iter()
            .rposition(|one| one.unit.keyframe && one.unit.arrival <= from)
            .unwrap_or(0);
        let units = state
            .units
            .iter()
            .skip(begin)
            .take_while(|one| one.unit.arrival <= to)
            .map(|one| (one.unit.clone(), one.after_gap))
            .collect();
        Span::new(units)
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let bytes = self.state.get_mut().bytes;
        self.budget.held.fetch_sub(bytes, Relaxed);
    }
}

/// Where the second keyframe stands: before it is one whole group.
fn second_keyframe(units: &VecDeque<Stored>) -> Option<usize> {
    let mut keyframes = units.iter().enumerate().skip(1);
    keyframes
        .find(|(_, one)| one.unit.keyframe)
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::base::clock::{self, MediaTime};
    use crate::media::source::Parameters;
    use crate::model::codec::Codec;

    fn unit(start: Instant, number: u64, size: usize) -> EncodedUnit {
        let at = Duration::from_millis(100 * number);
        EncodedUnit {
            codec: Codec::H264,
            parameters: Parameters::default(),
            pts: MediaTime(at.as_nanos() as i64),
            arrival: start + at,
            capture: None,
            // Two seconds a group.
            keyframe: number.is_multiple_of(20),
            recovers_after: 0,
            lost_packets: 0,
            is_damaged: false,
            bytes: Bytes::from(vec![number as u8; size]),
        }
    }

    fn secs(from: Instant, secs: f64) -> Instant {
        from + Duration::from_secs_f64(secs)
    }

    #[test]
    fn half_a_minute_is_kept_from_a_keyframe_on() {
        let budget = Budget::new(1 << 30);
        let ring = Ring::new(&budget);
        let start = clock::now();
        // The stream is joined in the middle of a group.
        for number in 7..1000 {
            ring.push(&unit(start, number, 500));
        }
        let held = ring.held();
        let length = held.length.as_secs_f64();
        assert!((30.0..=32.1).contains(&length), "{length}");
        assert_eq!(held.bytes, held.units as u64 * (500 + UNIT_COST));
        assert_eq!(budget.held(), held.bytes);
        let span = ring.span(secs(start, 85.0), secs(start, 90.0));
        assert!(span.units().next().unwrap().keyframe);
        let first = span.units().next().unwrap().arrival;
        assert_eq!(first, secs(start, 84.0), "the keyframe before");
        assert_eq!(span.units().last().unwrap().arrival, secs(start, 90.0));
        drop(ring);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn a_short_budget_costs_the_oldest_groups_and_never_the_newest() {
        let budget = Budget::new(300_000);
        let rings = [Ring::new(&budget), Ring::new(&budget)];
        let start = clock::now();
        for number in 0..400 {
            for ring in &rings {
                ring.push(&unit(start, number, 2000));
                assert!(ring.held().units > 0);
            }
            assert!(budget.held() <= 300_000 + 2 * 2200, "{}", budget.held());
        }
        for ring in &rings {
            let span = ring.span(start, secs(start, 1000.0));
            assert!(span.units().next().unwrap().keyframe);
            let held = ring.held();
            assert!(held.length >= Duration::from_secs(1), "{held:?}");
        }
    }

    #[test]
    fn a_connection_that_was_lost_leaves_a_gap_and_what_came_before() {
        let ring = Ring::new(&Budget::new(1 << 30));
        let start = clock::now();
        for number in 0..40 {
            ring.push(&unit(start, number, 10));
        }
        ring.break_off();
        for number in 100..140 {
            ring.push(&unit(start, number, 10));
        }
        assert_eq!(ring.held().gaps, 1);
        let span = ring.span(start, secs(start, 60.0));
        assert_eq!(span.units().count(), 80);
        let missing = span.missing();
        assert_eq!(
            missing.as_millis(),
            6100,
            "from the last before to the first behind"
        );
    }
}
