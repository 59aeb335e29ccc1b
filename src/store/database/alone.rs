//! One machine: everything in one file, no server.

use std::collections::VecDeque;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::sync::mpsc;
use tracing::{error, info};

use super::sqlite::Sqlite;
use super::work::{Group, Next, Tell, Work, in_turn, receive};
use super::{Kept, Link, Options, Presence, Row, StoreError, StoreEvent};
use crate::base::backoff::{Backoff, Policy};
use crate::base::clock;
use crate::model::act::MOST_CHANGES;

/// Records that are told at once.
pub(super) const PAGE: usize = 2 * MOST_CHANGES;
/// How often a seat says that it is there.
pub(super) const BEAT: Duration = Duration::from_secs(5);
/// How often it is looked whether another program wrote to the file.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// At the program's end so many tries are made.
const LAST_TRIES: u32 = 5;
/// Waits while nothing can be written.
const RETRY: Policy = Policy {
    first: Duration::from_millis(200),
    most: Duration::from_secs(5),
    factor: 2.0,
    jitter: 0.1,
};

pub(super) struct Alone {
    file: Sqlite,
    options: Options,
    tell: Tell,
    /// The next place of the log whose records were not told yet.
    told: u64,
    presence: Option<String>,
    foreign: i64,
}

impl Alone {
    pub(super) fn new(file: Sqlite, options: Options, tell: Tell) -> Self {
        Self {
            file,
            options,
            tell,
            told: 0,
            presence: None,
            foreign: 0,
        }
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::Receiver<Work>) {
        self.tell.tell(StoreEvent::Link(Link::Alone));
        if let Err(error) = self.catch_up() {
            error!("{error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
        self.tell.tell(StoreEvent::Ready);
        let mut beat = tokio::time::interval(BEAT);
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                biased;
                waiting = receive(&mut receiver) => {
                    let Some(waiting) = waiting else { break };
                    for next in in_turn(waiting) {
                        match next {
                            Next::Group(group) => self.keep(group, &receiver).await,
                            Next::Other(work) => self.other(work),
                        }
                    }
                }
                _ = beat.tick() => self.beat(),
                _ = look.tick() => self.look_for_others(),
            }
        }
        self.file.settle_file();
        self.options.seal.finish();
    }

    /// Does a group; does not give up while it may pass, and says so meanwhile.
    async fn keep(&mut self, group: Group, receiver: &mpsc::Receiver<Work>) {
        let mut groups = VecDeque::from([group]);
        let mut backoff = Backoff::new(RETRY);
        let mut rng = SmallRng::from_os_rng();
        let mut troubled = false;
        while let Some(group) = groups.pop_front() {
            let seal = &self.options.seal;
            let id = self.file.id().to_owned();
            match self.file.commit(&group.acts, &|edge| seal.sign(&id, edge)) {
                Ok(outcomes) => {
                    seal.kept(&id);
                    if troubled {
                        info!("the store can be written to again");
                        self.tell.tell(StoreEvent::Trouble(None));
                        troubled = false;
                    }
                    backoff.reset();
                    group.answer(outcomes.into_iter().map(Kept::Settled));
                }
                Err(error) if error.may_pass() => {
                    if !troubled {
                        error!("{error}");
                        self.tell.tell(StoreEvent::Trouble(Some(error.clone())));
                        troubled = true;
                    }
                    if receiver.is_closed() && backoff.failures() >= LAST_TRIES {
                        // The program ends, and nobody can wait for the disk any longer.
                        error!("{} acts are not kept: {error}", group.acts.len());
                        group.refuse(&error);
                        continue;
                    }
                    groups.push_front(group);
                    tokio::time::sleep(backoff.next_wait(&mut rng)).await;
                }
                Err(error) => split(group, error, &mut groups),
            }
        }
        if let Err(error) = self.catch_up() {
            error!("{error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
    }

    /// Tells all records from where they were told last.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let rows = self.file.since(self.told, PAGE)?;
            let full = rows.len() == PAGE;
            let Some(rows) = whole_places(rows, full) else {
                return Ok(());
            };
            self.told = rows.last().map_or(self.told, |row| row.seq + 1);
            self.tell.tell(StoreEvent::Rows {
                rows,
                provisional: false,
            });
            if !full {
                return Ok(());
            }
        }
    }

    /// Another program on this machine may use the same file.
    fn look_for_others(&mut self) {
        let seen = self.file.foreign_writes().unwrap_or(self.foreign);
        if seen != self.foreign {
            self.foreign = seen;
            if let Err(error) = self.catch_up() {
                tracing::debug!("others' changes: {error}");
            }
        }
    }

    fn beat(&mut self) {
        let Some(body) = self.presence.clone() else {
            return;
        };
        let presence = Presence {
            seat: self.options.seat.clone(),
            centre: self.options.centre_name.clone(),
            at: clock::wall_now(),
            body,
        };
        let seen = self
            .file
            .present(&presence)
            .and_then(|()| self.file.presences());
        match seen {
            Ok((seats, now)) => self.tell.tell(StoreEvent::Presence { seats, now }),
            // What matters is told by the next act; that this seat is here is known here.
            Err(error) => tracing::debug!("presence: {error}"),
        }
    }

    fn other(&mut self, work: Work) {
        // Whoever does not wait any more need not know.
        match work {
            Work::Act(_, reply) => drop(reply.send(Err(StoreError::Closed))),
            Work::Head(reply) => drop(reply.send(self.file.head())),
            Work::Lines { from, most, reply } => drop(reply.send(self.file.lines(from, most))),
            Work::Rows { from, most, reply } => drop(reply.send(self.file.since(from, most))),
            Work::Checkpoints(reply) => drop(reply.send(self.file.checkpoints())),
            Work::Identity(reply) => drop(reply.send(Ok(self.file.id().to_owned()))),
            Work::Present(body) => {
                self.presence = Some(body);
                self.beat();
            }
            Work::Offer { tasks, reply } => drop(reply.send(self.file.offer(&tasks))),
            Work::Take {
                kind,
                hold,
                most,
                reply,
            } => {
                let taken = self.file.take(&kind, &self.options.seat, hold, most);
                drop(reply.send(taken));
            }
            Work::Finish { task, reply } => {
                drop(reply.send(self.file.finish(task, &self.options.seat)));
            }
            Work::Lease { name, hold, reply } => {
                let lease = self.file.lease(&name, &self.options.seat, hold);
                drop(reply.send(lease));
            }
            Work::Settle(_) => {}
            Work::Check(reply) => drop(reply.send(self.file.check())),
        }
    }
}

/// A group that the store refuses as a whole is tried act by act; one that is refused alone is
/// answered.
pub(super) fn split(group: Group, error: StoreError, groups: &mut VecDeque<Group>) {
    if group.acts.len() > 1 {
        for (act, reply) in group.acts.into_iter().zip(group.replies).rev() {
            let mut alone = Group::default();
            alone.push(act, reply);
            groups.push_front(alone);
        }
        return;
    }
    error!("an act is not kept: {error}");
    group.refuse(&error);
}

/// Of a full page without its last place, which may go on in the next page; nothing of an empty one.
/// A place whose records fill a page is told as it is.
pub(super) fn whole_places(mut rows: Vec<Row>, full: bool) -> Option<Vec<Row>> {
    let last = rows.last()?.seq;
    if full && rows[0].seq != last {
        rows.retain(|row| row.seq != last);
    }
    Some(rows)
}
