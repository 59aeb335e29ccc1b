//! The encoded units of the last half minute, kept in memory as they came: no second connection, and
//! nothing is encoded again.
//!
//! Every feed has a [`Ring`]; all of a wall share one [`Budget`] of bytes. A ring begins with a keyframe
//! and loses whole groups of pictures, the oldest first: those older than [`KEPT_FOR`], and more when
//! bytes are short. Where no second keyframe comes it loses the units behind the only one. A span of it
//! is written to disk by [`Span::write`]; the recorder will take the same units.

mod keeper;
mod remux;
mod span;
mod units;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub use keeper::{Kept, SpanKeeper, Wanted};
#[cfg(target_os = "linux")]
pub(super) use remux::{Piece, Sink, remux};
pub use span::{Muxer, Span, SpanError, SpanFile};

use self::units::Units;
use super::source::EncodedUnit;

/// How long units are kept.
pub const KEPT_FOR: Duration = Duration::from_secs(30);
/// A group of pictures that goes on for longer loses what is behind its keyframe.
const LONGEST_GROUP: Duration = Duration::from_secs(60);
/// A ring alone holds no more than one in so many parts of the budget, if that is more than its share.
const MOST_PARTS: u64 = 8;
/// Where all hold too much, a push looks at no more other rings than this.
const LOOKS: usize = 4;

/// What all rings of a wall may hold together.
///
/// Each ring has a fair share, which nobody else can take from it. What others leave of theirs may be
/// used, and is given back when they need it.
#[derive(Debug)]
pub struct Budget {
    cap: u64,
    held: AtomicU64,
    number: AtomicUsize,
    rings: Mutex<Rings>,
}

#[derive(Debug, Default)]
struct Rings {
    all: Vec<Arc<Mutex<Units>>>,
    /// Which was looked at last.
    turn: usize,
}

impl Budget {
    /// So many bytes.
    pub fn new(cap: u64) -> Arc<Self> {
        Arc::new(Self {
            cap,
            held: AtomicU64::new(0),
            number: AtomicUsize::new(0),
            rings: Mutex::default(),
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

    /// The bytes that each ring may hold whatever the others do.
    pub fn share(&self) -> u64 {
        self.cap / self.number.load(Relaxed).max(1) as u64
    }

    fn is_short(&self) -> bool {
        self.held() > self.cap
    }

    fn enter(&self, ring: &Arc<Mutex<Units>>) {
        let mut rings = self.rings.lock();
        rings.all.push(Arc::clone(ring));
        self.number.store(rings.all.len(), Relaxed);
    }

    fn leave(&self, ring: &Arc<Mutex<Units>>) {
        let mut rings = self.rings.lock();
        rings.all.retain(|other| !Arc::ptr_eq(other, ring));
        self.number.store(rings.all.len(), Relaxed);
        drop(rings);
        self.held.fetch_sub(ring.lock().clear(), Relaxed);
    }

    /// A ring that holds more than its share gives back what all hold too much.
    fn take_back(&self, units: &mut Units) {
        while self.is_short() && units.bytes() > self.share() {
            self.held.fetch_sub(units.drop_oldest(), Relaxed);
        }
    }

    /// Looks at a few rings, another few each time: one that holds more than its share may get no units
    /// at which it would notice.
    fn take_back_elsewhere(&self) {
        let mut rings = self.rings.lock();
        for _ in 0..LOOKS.min(rings.all.len()) {
            if !self.is_short() {
                return;
            }
            rings.turn = (rings.turn + 1) % rings.all.len();
            // One that is in use is met at another turn.
            if let Some(mut units) = rings.all[rings.turn].try_lock() {
                self.take_back(&mut units);
            }
        }
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
    /// How often the stream was broken off in it, or units were let go.
    pub gaps: usize,
}

/// The last half minute of one feed.
#[derive(Debug)]
pub struct Ring {
    budget: Arc<Budget>,
    units: Arc<Mutex<Units>>,
}

impl Ring {
    /// Empty, with a share of `budget`.
    pub fn new(budget: &Arc<Budget>) -> Self {
        let units = Arc::default();
        budget.enter(&units);
        Self {
            budget: Arc::clone(budget),
            units,
        }
    }

    /// Takes a unit as it came. What that costs does not depend on how much is held.
    pub fn push(&self, unit: &EncodedUnit) {
        let budget = &self.budget;
        {
            let mut units = self.units.lock();
            budget.held.fetch_add(units.push(unit), Relaxed);
            let aged = units.drop_aged(unit.arrival);
            let alone = units.drop_over(budget.share().max(budget.cap / MOST_PARTS));
            budget.held.fetch_sub(aged + alone, Relaxed);
            budget.take_back(&mut units);
        }
        if budget.is_short() {
            budget.take_back_elsewhere();
        }
    }

    /// The connection was lost: what comes next does not follow on what came last.
    pub fn break_off(&self) {
        self.units.lock().break_off();
    }

    /// When its first unit arrived.
    pub fn begins(&self) -> Option<Instant> {
        self.units.lock().begins()
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        self.units.lock().held()
    }

    /// The units from the last keyframe at or before `from` up to `to`; they are shared, not copied.
    /// What came before the ring begins is not there.
    pub fn span(&self, from: Instant, to: Instant) -> Span {
        Span::new(self.units.lock().between(from, to))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.budget.leave(&self.units);
    }
}

#[cfg(test)]
mod tests;
