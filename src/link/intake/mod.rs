//! Events of the outside world come in: over HTTP on this machine, and as files in a folder.
//!
//! Here belongs how messages arrive and what their sender is told. What a message may say is
//! [`crate::model::outside`]; whether it is taken, kept and rung is the app's, which hears every event
//! as an [`Offered`] of one bounded channel and answers it when it was kept. Nobody is told “kept”
//! before that, and a sender who was told nothing sends again: the same message is the same event.
//!
//! Two threads: `events` answers HTTP, `events-folder` watches the folder. A full channel is told to
//! the sender as “busy”; nothing is dropped.

mod desk;
mod folder;
mod http;
mod listener;
pub mod sending;
mod stills;
mod tally;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::token::Token;
use crate::base::clock::{Clock, WallTime};
use crate::base::threads;
use crate::model::outside::{OutsideEvent, Refusal, Remark};

use desk::Desk;
pub use stills::Sent;
pub use tally::{LastRefusal, Tally};

/// Events that wait for the app; senders of more are told to come back.
pub const MOST_WAITING: usize = 64;

/// Which way an event came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Over HTTP.
    Http,
    /// As a file of the watched folder.
    Folder,
}

impl Way {
    /// Its name in logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Folder => "folder",
        }
    }
}

/// An event that asks to be taken. It was not judged ([`crate::model::outside::judge`]).
#[derive(Debug)]
pub struct Offered {
    /// The event, which is of the form.
    pub event: OutsideEvent,
    /// What became of its picture.
    pub still: Sent,
    /// When it came, by our clock.
    pub arrived: WallTime,
    /// The same moment, for whoever measures from there.
    pub came: Instant,
    /// Which way.
    pub way: Way,
    /// Where the answer goes.
    pub reply: Reply,
}

/// Where the answer to one event goes; it may travel with the event to whoever keeps it. Dropping it
/// answers [`Answer::Busy`].
#[derive(Debug)]
pub struct Reply(oneshot::Sender<Answer>);

impl Reply {
    /// Answers. A sender that has gone meanwhile does not hear it, and sends the event again.
    pub fn send(self, answer: Answer) {
        self.0.send(answer).ok();
    }
}

/// What becomes of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is in the store now.
    Kept(Vec<Remark>),
    /// It was there already, with the same content.
    Repeat,
    /// Another was there already under the same source and id; that one stands.
    Conflict,
    /// It is not taken, and will not be when it is sent again.
    Refused(Refusal),
    /// It could not be kept now.
    Busy,
}

/// Events on their way to the app.
#[derive(Debug)]
pub struct Offers(mpsc::Receiver<Offered>);

impl Offers {
    /// The next, where one waits.
    pub fn take(&mut self) -> Option<Offered> {
        self.0.try_recv().ok()
    }
}

/// An event cannot come in this way.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// Nobody can listen at the port.
    #[error("events over HTTP: nobody can listen at {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The folder cannot be used.
    #[error("events from the folder {path}: {source}", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Anybody may write into the folder.
    #[error("events from the folder {path}: everybody may write there; chmod o-w {path}", path = .0.display())]
    OpenFolder(PathBuf),
    /// A thread cannot be started.
    #[error("the thread for events: {0}")]
    Thread(#[source] io::Error),
}

/// The ways by which events come in; they end when it is dropped.
pub struct Intake {
    desk: Arc<Desk>,
    workers: Vec<Worker>,
}

/// A thread and how it is told to stop.
struct Worker {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Intake {
    /// No way yet. `wake` is called after an event was put into the channel; pictures are kept in the
    /// folder `stills`, where there is one.
    pub fn new(
        clock: Arc<dyn Clock>,
        stills: Option<PathBuf>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> (Self, Offers) {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        let desk = Arc::new(Desk::new(sender, clock, Box::new(wake), stills));
        let intake = Self {
            desk,
            workers: Vec::new(),
        };
        (intake, Offers(receiver))
    }

    /// Hears events over HTTP at `port` of the loopback interface (0: one that the system chooses)
    /// from whoever shows `token`. `classes` tells the keys that may be sent, for `GET /v1/classes`.
    /// Returns where it listens.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub fn listen(
        &mut self,
        port: u16,
        token: Token,
        classes: impl Fn() -> Vec<String> + Send + Sync + 'static,
    ) -> Result<SocketAddr, IntakeError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = std::net::TcpListener::bind(address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| IntakeError::Listen { address, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| IntakeError::Listen { address, source })?;
        let desk = Arc::clone(&self.desk);
        let rules = http::Rules::new(Arc::clone(&desk), token, Box::new(classes));
        self.start("events", async move {
            desk.sweep_stills();
            http::serve(listener, rules).await;
        })?;
        Ok(address)
    }

    /// Takes events from files of `folder`, which is made where it is missing, with `done` and
    /// `refused` in it.
    ///
    /// # Errors
    /// When the folder cannot be made or read, or everybody may write there.
    pub fn watch(&mut self, folder: &Path) -> Result<(), IntakeError> {
        let folder = folder::Folder::open(folder, Arc::clone(&self.desk))?;
        self.start("events-folder", folder.watch())
    }

    /// What has come in so far.
    pub fn tally(&self) -> Tally {
        self.desk.tally()
    }

    fn start(
        &mut self,
        name: &str,
        work: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), IntakeError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(IntakeError::Thread)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = threads::spawn(name, move || {
            runtime.block_on(async move {
                tokio::select! {
                    // Told to stop, or nobody is left who could tell.
                    _ = stopped => {}
                    () = work => {}
                }
            });
        })
        .map_err(IntakeError::Thread)?;
        self.workers.push(Worker {
            stop: Some(stop),
            thread: Some(thread),
        });
        Ok(())
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            if let Some(stop) = worker.stop.take() {
                // A thread that has ended already does not hear it.
                stop.send(()).ok();
            }
        }
        for worker in &mut self.workers {
            if let Some(thread) = worker.thread.take()
                && thread.join().is_err()
            {
                tracing::error!("a thread for events fell");
            }
        }
    }
}

#[cfg(test)]
mod tests;
