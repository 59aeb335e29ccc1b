//! From encoded units to the newest picture of each feed.
//!
//! ```text
//! Source ─► supervisor task ─► Inbox (bounded) ─► decode worker ─► Slot (1, newest wins) ─► reader
//!  (tokio)    one per feed                         few, shared        picture, reduced
//! ```
//!
//! * `supervisor` opens, watches and re-opens a feed; its rules are plain functions in `rules`.
//! * `accounts` keeps a wrong password from being tried so often that a camera locks the account.
//! * `gate` limits how many connections to one host are on their way at once.
//! * `decoder` is the parse-and-decode stage: units in, frames out, on the caller's thread.
//! * `pool` runs the stage for all feeds on a few worker threads.
//! * `proof` judges whether the pictures are to be believed.
//! * `feed` is what one feed shares between those.

mod accounts;
mod decoder;
mod feed;
mod gate;
mod pool;
mod proof;
mod rules;
mod supervisor;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::mpsc;

pub use accounts::Patience;
pub use decoder::{DecodeError, Decoder, Request as DecodeRequest};
pub use feed::{Counters, Feed, FeedId, FeedReport};
pub use gate::HostGate;
pub use proof::{Judgement, Limits as ProofLimits, Proof};

use self::pool::DecodePool;
use super::source::{Address, Opener};
use crate::base::backoff;
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
}

/// Feed events waiting for the application. When full the supervisors wait; pictures do not.
const EVENT_QUEUE: usize = 4096;

/// How the live stage is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads that decode.
    pub decode_workers: usize,
    /// Connections to one host on their way at the same time.
    pub connections_per_host: usize,
    /// Decode, but make no pictures (to measure the floor).
    pub discard_pictures: bool,
    /// Waits after ordinary failures.
    pub retry: backoff::Policy,
    /// Waits after refusals.
    pub retry_refused: backoff::Policy,
    /// How long an account rests after its password was refused.
    pub wrong_password: Patience,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            decode_workers: cores.clamp(2, 8),
            connections_per_host: 8,
            discard_pictures: false,
            retry: rules::RETRY,
            retry_refused: rules::RETRY_REFUSED,
            wrong_password: Patience::default(),
        }
    }
}

/// All feeds of this process. Dropping it stops them.
pub struct Live {
    runtime: tokio::runtime::Runtime,
    pool: Arc<DecodePool>,
    opener: Arc<dyn Opener>,
    gate: HostGate,
    accounts: accounts::Accounts,
    events: mpsc::Sender<FeedEvent>,
    waits: supervisor::Waits,
    feeds: Mutex<BTreeMap<FeedId, Running>>,
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
        let pool = DecodePool::start(options.decode_workers, options.discard_pictures, wake)
            .map_err(|source| StartError {
                what: "decode workers",
                source,
            })?;
        let (events, receiver) = mpsc::channel(EVENT_QUEUE);
        let live = Self {
            runtime,
            pool: Arc::new(pool),
            opener,
            gate: HostGate::new(options.connections_per_host),
            accounts: accounts::Accounts::new(options.wrong_password),
            events,
            waits: supervisor::Waits {
                retry: options.retry,
                refused: options.retry_refused,
            },
            feeds: Mutex::new(BTreeMap::new()),
        };
        Ok((live, receiver))
    }

    /// Opens a feed, or hands out the one that is open under this id.
    pub fn open(&self, id: FeedId, address: Address) -> Arc<Feed> {
        let mut feeds = self.feeds.lock();
        if let Some(running) = feeds.get(&id) {
            return Arc::clone(&running.feed);
        }
        let feed = Arc::new(Feed::new(id.clone(), address));
        let supervisor = supervisor::Supervisor {
            feed: Arc::clone(&feed),
            opener: Arc::clone(&self.opener),
            gate: self.gate.clone(),
            accounts: self.accounts.clone(),
            pool: Arc::clone(&self.pool),
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
        }
    }

    /// Whether pictures come with the pixels of the screen too, made by the decode workers: for a
    /// "GPU" that is the processor itself.
    pub fn make_exact_pixels(&self, make: bool) {
        self.pool.make_exact_pixels(make);
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
        self.pool.stop();
    }
}
