//! All that is kept, behind one [`Store`]: on one machine a SQLite file, in a centre a PostgreSQL
//! that every seat reaches. No other module holds SQL.
//!
//! There is one way to change anything: an [`Act`], done in one transaction together with its line of
//! the log. There is one way to learn of changes: [`StoreEvent::Rows`], in the order of the log. What
//! the seat shows it holds in memory.
//!
//! One thread, `store`, does all of it; it takes what waits as one group, so that a hundred acts cost
//! one synchronisation of the disk. With a centre it also keeps a file of its own, a mirror of the
//! centre's records and an outbox of acts that the centre does not have yet: when the link goes, the
//! seat works on from there, and catches up in order when it is back.

mod address;
mod alone;
mod error;
pub mod keep;
mod linked;
mod past;
mod plan;
mod postgres;
mod restored;
mod rows;
mod seal;
mod sqlite;
mod unfit;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngCore as _, SeedableRng as _};
use tokio::sync::{mpsc, oneshot};

pub use address::Address;
pub use error::StoreError;
pub use plan::{Conflict, Outcome};
pub use restored::LOST;
pub use rows::{Checkpoint, Lease, Line, Presence, Refused, Row, Task};
pub use seal::Seal;
pub use unfit::Unfit;

use crate::base::{clock, threads};
use crate::model::act::Act;
use crate::model::alarm::past::Query;
use crate::model::id::Id;
use crate::store::log::tree::Frontier;
use work::{Reply, Work};

/// Things that wait for the store; more are refused, and whoever asks is told.
const WAITING: usize = 8192;
/// News that wait for whoever shows them; the store waits with more.
const NEWS: usize = 256;

/// The file of a machine alone, in the data folder.
pub const OWN_FILE: &str = "store.db";
/// The file of a seat of a centre, in the data folder: mirror and outbox.
pub const MIRROR_FILE: &str = "centre.db";

/// A new identity of this moment.
pub fn new_id() -> Id {
    let mut random = [0; 10];
    SmallRng::from_os_rng().fill_bytes(&mut random);
    Id::new(clock::wall_now(), random)
}

/// Where things are kept, and who this is.
#[derive(Clone)]
pub struct Options {
    /// The folder of the store's files.
    pub folder: PathBuf,
    /// The centre's store; nothing: this machine alone.
    pub centre: Option<Address>,
    /// This seat's name.
    pub seat: String,
    /// The centre that this seat belongs to.
    pub centre_name: String,
    /// Who signs the log.
    pub seal: Arc<Seal>,
}

impl Options {
    /// The file that a machine alone keeps everything in.
    pub fn own_file(&self) -> PathBuf {
        self.folder.join(OWN_FILE)
    }

    /// The file of a seat of a centre: mirror and outbox.
    pub fn mirror_file(&self) -> PathBuf {
        self.folder.join(MIRROR_FILE)
    }
}

/// What the store tells.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreEvent {
    /// Records are new, changed or removed; in the order of the log.
    Rows {
        /// They.
        rows: Vec<Row>,
        /// Whether this is a seat's own doing that the centre does not have yet.
        provisional: bool,
    },
    /// All that was there when the store was opened has been told.
    Ready,
    /// How the centre is reached.
    Link(Link),
    /// Which seats said that they are there, and now by the store's clock.
    Presence {
        /// They.
        seats: Vec<Presence>,
        /// Now.
        now: crate::base::clock::WallTime,
    },
    /// Acts that the centre refused and that nobody has settled yet; all of them.
    Conflicts(Vec<Refused>),
    /// Nothing can be kept at the moment, and this is why; nothing: it can again.
    Trouble(Option<StoreError>),
}

/// How the centre is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// There is none: this machine keeps its own.
    Alone,
    /// It is there.
    There,
    /// It is not.
    Away {
        /// Why.
        why: StoreError,
        /// Acts that wait for it.
        waiting: u64,
    },
}

/// What became of an act that was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The store has it, or refused it.
    Settled(Outcome),
    /// It is durable at this seat, and goes to the centre when that is back.
    Queued,
}

/// A handle on the store; clones are the same store, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Store {
    sender: mpsc::Sender<Work>,
}

/// The store's thread.
#[derive(Debug)]
pub struct Running {
    thread: JoinHandle<()>,
}

impl Running {
    /// Waits until all that was submitted is kept; the last [`Store`] must have been dropped.
    pub fn join(self) {
        // A panic of the thread was told by the hook that all threads have.
        self.thread.join().ok();
    }
}

/// An answer that comes later.
#[derive(Debug)]
pub struct Answer<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Answer<T> {
    /// Waits for it.
    ///
    /// # Errors
    /// What the store says.
    pub fn wait(self) -> Result<T, StoreError> {
        self.0.blocking_recv().unwrap_or(Err(StoreError::Closed))
    }

    /// What there is of it: nothing while it has not come.
    pub fn poll(&mut self) -> Option<Result<T, StoreError>> {
        match self.0.try_recv() {
            Ok(answer) => Some(answer),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(StoreError::Closed)),
        }
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, StoreError>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(StoreError::Closed)))
    }
}

impl Store {
    /// Opens the store and starts its thread. `wake` is called after each event.
    ///
    /// # Errors
    /// When the seat's own file cannot be used, or the system refuses the thread. A centre that is
    /// away is no error: see [`StoreEvent::Link`].
    pub fn open(
        options: Options,
        wake: Arc<dyn Fn() + Send + Sync>,
    ) -> Result<(Self, Running, crossbeam_channel::Receiver<StoreEvent>), StoreError> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (events, news) = crossbeam_channel::bounded(NEWS);
        let tell = work::Tell::new(events, wake);
        let failed = |error: std::io::Error| StoreError::io(&options.folder, error);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let thread = if let Some(address) = options.centre.clone() {
            let (mirror, renewed) = sqlite::Sqlite::open_mirror(&options.mirror_file())?;
            let mut linked = linked::Linked::new(mirror, address, options.clone(), tell)?;
            if let Some(told) = renewed {
                linked.renewed(told);
            }
            threads::spawn("store", move || runtime.block_on(linked.run(receiver)))
        } else {
            let file = sqlite::Sqlite::open(&options.own_file())?;
            let alone = alone::Alone::new(file, options.clone(), tell);
            threads::spawn("store", move || runtime.block_on(alone.run(receiver)))
        }
        .map_err(failed)?;
        Ok((Self { sender }, Running { thread }, news))
    }

    /// Does an act. Whoever must not go on before it is durable waits for the answer.
    ///
    /// # Errors
    /// The store is closed, or so much waits that nothing more is taken: then it was not done.
    pub fn submit(&self, act: Act) -> Result<Answer<Kept>, StoreError> {
        self.ask(|reply| Work::Act(Box::new(act), reply))
    }

    /// The right edge of the log.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn head(&self) -> Result<Answer<Frontier>, StoreError> {
        self.ask(Work::Head)
    }

    /// Lines of the log from place `from` on, at most `most`.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn lines(&self, from: u64, most: usize) -> Result<Answer<Vec<Line>>, StoreError> {
        self.ask(|reply| Work::Lines { from, most, reply })
    }

    /// All checkpoints that are kept.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn checkpoints(&self) -> Result<Answer<Vec<Checkpoint>>, StoreError> {
        self.ask(Work::Checkpoints)
    }

    /// Records from place `from` of the log on, at most `most`.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn rows(&self, from: u64, most: usize) -> Result<Answer<Vec<Row>>, StoreError> {
        self.ask(|reply| Work::Rows { from, most, reply })
    }

    /// Alarms that are over and fit `query`, the newest first; a seat of a centre answers from what
    /// it has itself, also when the centre is away.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn past(&self, query: Query) -> Result<Answer<Vec<Row>>, StoreError> {
        self.ask(|reply| Work::Past(Box::new(query), reply))
    }

    /// The store's identity: the centre's, once it was reached.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn identity(&self) -> Result<Answer<String>, StoreError> {
        self.ask(Work::Identity)
    }

    /// What this seat says of itself from now on, as JSON.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn present(&self, body: String) -> Result<(), StoreError> {
        self.send(Work::Present(body))
    }

    /// Offers work that one of several is to do.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn offer(&self, tasks: Vec<Task>) -> Result<Answer<()>, StoreError> {
        self.ask(|reply| Work::Offer { tasks, reply })
    }

    /// Takes work that is due and that nobody has, for `hold`.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn take(
        &self,
        kind: &str,
        hold: Duration,
        most: usize,
    ) -> Result<Answer<Vec<Task>>, StoreError> {
        self.ask(|reply| Work::Take {
            kind: kind.to_owned(),
            hold,
            most,
            reply,
        })
    }

    /// Work that this seat took is done; false when somebody else has it by now.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn finish(&self, task: Id) -> Result<Answer<bool>, StoreError> {
        self.ask(|reply| Work::Finish { task, reply })
    }

    /// Takes or keeps what only one may have at a time; says who has it.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn lease(&self, name: &str, hold: Duration) -> Result<Answer<Lease>, StoreError> {
        self.ask(|reply| Work::Lease {
            name: name.to_owned(),
            hold,
            reply,
        })
    }

    /// Somebody has seen the conflict of this act.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn settle(&self, act: Id) -> Result<(), StoreError> {
        self.send(Work::Settle(act))
    }

    /// Looks at what can be looked at without a centre's administrator; what is wrong, a line each.
    ///
    /// # Errors
    /// As [`Store::submit`].
    pub fn check(&self) -> Result<Answer<Vec<String>>, StoreError> {
        self.ask(Work::Check)
    }

    fn ask<T>(&self, work: impl FnOnce(Reply<T>) -> Work) -> Result<Answer<T>, StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.send(work(sender))?;
        Ok(Answer(receiver))
    }

    fn send(&self, work: Work) -> Result<(), StoreError> {
        self.sender.try_send(work).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy {
                place: "the store".to_owned(),
            },
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })
    }
}
