//! From encoded units to the newest picture of each feed.
//!
//! ```text
//! Source ─► supervisor task ─► Inbox (bounded) ─► decode worker ─► Slot (1, newest wins) ─► reader
//!  (tokio)    one per feed                         few, shared        picture, reduced
//!                                    └─► decoder process ─┘
//! ```
//!
//! * `supervisor` opens, watches and re-opens a feed; its rules are plain functions in `rules`, with
//!   what is learned of each camera in `interval` (how often it sends) and `lag`.
//! * `accounts` keeps a wrong password from being tried so often that a camera locks the account.
//! * `gate` limits how many connections to one host are on their way at once.
//! * `decoder` is the parse-and-decode stage: units in, frames out, on the caller's thread.
//! * `wholeness` tells which pictures are whole, by what is lost, by what units show of themselves
//!   (`anatomy`) and by what the decoder says (`complaints`); `disturbance` makes a state of it.
//! * `look` is what the detectors ask of a feed.
//! * `work` is all that is done with one unit, wherever that is.
//! * `stage` is where: in `pool` on a few worker threads, or in `processes`.
//! * `proof` judges whether the pictures are to be believed.
//! * `feed` is what one feed shares between those.

mod accounts;
mod anatomy;
mod complaints;
mod decoder;
mod disturbance;
mod feed;
mod gate;
mod interval;
mod lag;
mod look;
mod options;
mod parameter_sets;
mod pool;
#[cfg(target_os = "linux")]
mod processes;
mod proof;
mod rules;
mod stage;
mod supervisor;
mod wholeness;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;

pub use accounts::Patience;
pub use decoder::{DecodeError, Decoder, Request as DecodeRequest};
pub use disturbance::Minute;
pub use feed::{Counters, Feed, FeedId, FeedReport};
pub use gate::HostGate;
pub use options::{Decoding, Options, Processes};
#[cfg(target_os = "linux")]
pub use processes::{ChildReport, WorkerArgs, WorkerError, run_worker};
pub use proof::{Judgement, Limits as ProofLimits, Proof};

use self::stage::Stage;
use super::source::{Address, Opener};
use crate::media::ring::Budget;
use crate::model::condition::{Link, Picture};

/// What a feed tells the application.
#[derive(Clone, Debug)]
pub struct FeedEvent {
    /// Which feed.
    pub feed: FeedId,
    /// What is so from now on.
    pub fact: Fact,
    /// Since when.
    pub at: std::time::Instant,
}

/// A field of a feed's condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The connection.
    Link(Link),
    /// What the pictures look like.
    Picture(Picture),
    /// Whether its pictures come seconds apart by the camera's own nature.
    IsSlow(bool),
}

/// Feed events waiting for the application. When full the supervisors wait; pictures do not.
const EVENT_QUEUE: usize = 4096;

/// All feeds of this process. Dropping it stops them.
pub struct Live {
    runtime: tokio::runtime::Runtime,
    stage: Arc<Stage>,
    opener: Arc<dyn Opener>,
    gate: HostGate,
    accounts: accounts::Accounts,
    events: mpsc::Sender<FeedEvent>,
    waits: supervisor::Waits,
    feeds: Mutex<BTreeMap<FeedId, Running>>,
    /// What all rings may hold together.
    budget: Arc<Budget>,
}

struct Running {
    feed: Arc<Feed>,
    task: tokio::task::JoinHandle<()>,
}

/// The live stage could not start.
#[derive(Debug, thiserror::Error)]
#[error("the {what} cannot start: {source}")]
pub struct StartError {
    what: &'static str,
    source: std::io::Error,
}

impl Live {
    /// Starts the network runtime and the decode workers. `wake` is called (from any thread, often)
    /// when a new picture or event is there.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(
        options: &Options,
        opener: Arc<dyn Opener>,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<(Self, mpsc::Receiver<FeedEvent>), StartError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("network")
            .enable_all()
            .build()
            .map_err(|source| StartError {
                what: "network runtime",
                source,
            })?;
        let stage = Stage::start(options, wake).map_err(|source| StartError {
            what: "decode stage",
            source,
        })?;
        let (events, receiver) = mpsc::channel(EVENT_QUEUE);
        let live = Self {
            runtime,
            stage: Arc::new(stage),
            opener,
            gate: HostGate::new(options.connections_per_host),
            accounts: accounts::Accounts::new(options.wrong_password),
            events,
            waits: supervisor::Waits {
                retry: options.retry,
                refused: options.retry_refused,
            },
            feeds: Mutex::new(BTreeMap::new()),
            budget: Budget::new(options.ring_bytes),
        };
        Ok((live, receiver))
    }

    /// Opens a feed, or hands out the one that is open under this id.
    pub fn open(&self, id: FeedId, address: Address) -> Arc<Feed> {
        let mut feeds = self.feeds.lock();
        if let Some(running) = feeds.get(&id) {
            return Arc::clone(&running.feed);
        }
        let feed = Feed::new(id.clone(), address).with_ring(&self.budget);
        let feed = Arc::new(feed);
        self.stage.open(&feed);
        let supervisor = supervisor::Supervisor {
            feed: Arc::clone(&feed),
            opener: Arc::clone(&self.opener),
            gate: self.gate.clone(),
            accounts: self.accounts.clone(),
            stage: Arc::clone(&self.stage),
            events: self.events.clone(),
            waits: self.waits,
        };
        let task = self.runtime.spawn(supervisor.run());
        feeds.insert(
            id,
            Running {
                feed: Arc::clone(&feed),
                task,
            },
        );
        feed
    }

    /// Closes a feed; its session is torn down in the background.
    pub fn close(&self, id: &FeedId) {
        if let Some(running) = self.feeds.lock().remove(id) {
            running.task.abort();
            running.feed.close();
            self.stage.close(&running.feed);
        }
    }

    /// How the decoder processes stand; nothing where decoding is done in this process.
    #[cfg(target_os = "linux")]
    pub fn children(&self) -> Vec<ChildReport> {
        match &*self.stage {
            Stage::Threads(_) => Vec::new(),
            Stage::Processes(processes) => processes.report(),
        }
    }

    /// Whether pictures come with the pixels of the screen too, made by the decode workers: for a
    /// "GPU" that is the processor itself.
    pub fn make_exact_pixels(&self, make: bool) {
        self.stage.make_exact_pixels(make);
    }

    /// What the rings of all feeds hold and may hold.
    pub fn ring_budget(&self) -> &Budget {
        &self.budget
    }

    /// The host gate, whose figures the tests and the bench read.
    pub fn gate(&self) -> &HostGate {
        &self.gate
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        for running in self.feeds.lock().values() {
            running.task.abort();
            running.feed.close();
        }
        self.stage.stop();
    }
}
