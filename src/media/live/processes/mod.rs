//! Decoding in processes of their own, so that a decoder that crashes, spins or leaks costs the feeds
//! of one process a moment, and the wall and a call nothing.
//!
//! ```text
//!  wall                                                     decoder process (a few)
//!  Feed's inbox ─► Desk: ledger ── units (socket) ────────► worker: decode, reduce, look
//!  Feed's slot  ◄─ Keeper: check ◄─ answers (socket) ────── number, frames, judgement
//!                    └─ copies ◄─── pictures (sealed memory, by place)
//! ```
//!
//! * `wire` is the messages, `platform` the shared memory: neither believes what comes from a child.
//! * `ledger` is the wall's books on one child, `rules` when a child is ended or a feed kept apart.
//! * `desk` is one child as everybody else sees it; `keeper` is the task that starts, hears and ends
//!   the child; `worker` is the child. What it forbids itself stands in `media::apart`.
//!
//! Design, figures and the form for other systems: `docs/design/005-decode-processes.md`.

mod desk;
mod keeper;
mod ledger;
mod platform;
mod rules;
mod wire;
mod worker;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Instant;

use parking_lot::Mutex;

pub use desk::ChildReport;
pub use worker::{WorkerArgs, WorkerError, run_worker};

use self::desk::Desk;
use self::ledger::Member;
use super::feed::Feed;
use super::options;
use crate::base::clock;
use crate::pixels;

/// Buffers of pictures kept for the next ones: three for each of some hundred tiles.
const BUFFERS_KEPT: usize = 320;
/// No more feeds than this have a process for themselves.
const MOST_ALONE: usize = 8;

/// The stage in processes.
pub(super) struct Processes {
    shared: Arc<Shared>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// What all desks share.
struct Shared {
    options: options::Processes,
    discard: bool,
    exact: AtomicBool,
    stopping: AtomicBool,
    wake: Arc<dyn Fn() + Send + Sync>,
    buffers: pixels::Pool,
    /// Times cross as nanoseconds since then.
    epoch: Instant,
    handle: tokio::runtime::Handle,
    places: Mutex<Places>,
}

#[derive(Default)]
struct Places {
    desks: Vec<Arc<Desk>>,
    /// A feed's key → its desk.
    homes: BTreeMap<u64, Arc<Desk>>,
    /// How many desks there were so far.
    numbers: u32,
}

impl Processes {
    /// Starts the thread that hears the processes; these come with the feeds.
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub(super) fn start(
        options: &options::Processes,
        discard: bool,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> io::Result<Self> {
        // A thread of its own: a large picture that is being copied must not keep packets waiting.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("pictures")
            .enable_all()
            .build()?;
        let shared = Shared {
            options: options.clone(),
            discard,
            exact: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            wake,
            buffers: pixels::Pool::new(BUFFERS_KEPT),
            epoch: clock::now(),
            handle: runtime.handle().clone(),
            places: Mutex::default(),
        };
        Ok(Self {
            shared: Arc::new(shared),
            runtime: Some(runtime),
        })
    }

    /// A feed was opened: it stays with the process that it is given.
    pub(super) fn open(&self, feed: &Arc<Feed>) {
        let mut places = self.shared.places.lock();
        let added = rules::weight(feed.id.stream);
        let weights: Vec<(usize, Arc<Desk>)> = places
            .desks
            .iter()
            .filter(|desk| !desk.is_alone())
            .map(|desk| (desk.weight(), Arc::clone(desk)))
            .collect();
        let all = added + weights.iter().map(|(weight, _)| weight).sum::<usize>();
        let most = self.shared.options.feeds_per_child;
        let wanted = rules::processes_for(all, most, options::cores());
        let lightest = weights.iter().min_by_key(|(weight, _)| *weight);
        let desk = match lightest {
            // An empty one is taken before another is started.
            Some((weight, desk)) if weights.len() >= wanted || *weight == 0 => Arc::clone(desk),
            _ => self.shared.new_desk(&mut places, false),
        };
        desk.add(Member::new(Arc::clone(feed)));
        places.homes.insert(feed.key(), desk);
    }

    /// A feed has units.
    pub(super) fn notify(&self, feed: &Feed) {
        let home = self.shared.places.lock().homes.get(&feed.key()).cloned();
        if let Some(desk) = home {
            desk.pass_on(feed.key());
        }
    }

    /// A feed was closed.
    pub(super) fn close(&self, feed: &Feed) {
        let home = self.shared.places.lock().homes.remove(&feed.key());
        if let Some(desk) = home {
            desk.close(feed.key());
        }
    }

    pub(super) fn wake(&self) {
        (self.shared.wake)();
    }

    pub(super) fn make_exact_pixels(&self, make: bool) {
        self.shared.exact.store(make, SeqCst);
    }

    /// Ends all processes, and waits until they are gone.
    pub(super) fn stop(&self) {
        self.shared.stopping.store(true, SeqCst);
        let places = std::mem::take(&mut *self.shared.places.lock());
        for desk in places.desks {
            desk.end();
        }
    }

    /// How the processes stand.
    pub(super) fn report(&self) -> Vec<ChildReport> {
        let desks = self.shared.places.lock().desks.clone();
        desks.iter().map(|desk| desk.report()).collect()
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.stop();
        if let Some(runtime) = self.runtime.take() {
            // Its last owner may be a task of another runtime, where nobody may wait.
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn new_desk(self: &Arc<Self>, places: &mut Places, alone: bool) -> Arc<Desk> {
        let desk = Arc::new(Desk::new(places.numbers, alone, Arc::clone(self)));
        places.numbers += 1;
        places.desks.push(Arc::clone(&desk));
        let keeper = keeper::Keeper::new(Arc::clone(&desk), Arc::clone(self));
        self.handle.spawn(keeper.run());
        desk
    }

    /// Gives a feed a process of its own. False when too many have one.
    fn isolate(self: &Arc<Self>, from: &Desk, key: u64) -> bool {
        let mut places = self.places.lock();
        let alone = places.desks.iter().filter(|desk| desk.is_alone()).count();
        // It may have been closed meanwhile.
        if alone >= MOST_ALONE || !places.homes.contains_key(&key) {
            return false;
        }
        let Some(member) = from.give_away(key) else {
            return false;
        };
        let desk = self.new_desk(&mut places, true);
        desk.add(member);
        places.homes.insert(key, desk);
        true
    }

    /// A desk that nobody needs any more.
    fn forget(&self, desk: &Arc<Desk>) {
        self.places
            .lock()
            .desks
            .retain(|other| !Arc::ptr_eq(other, desk));
    }
}
