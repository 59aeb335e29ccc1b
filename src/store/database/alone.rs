//! One machine: everything in one file, no server.

use std::collections::VecDeque;
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{error, info};

use super::sqlite::Sqlite;
use super::work::{Group, Next, Tell, Work, hold, in_turn, receive, until};
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

/// Reads records from a place of the log on, so many.
type Read = fn(&Sqlite, u64, usize) -> Result<Vec<Row>, StoreError>;

pub(super) struct Alone {
    file: Sqlite,
    options: Options,
    tell: Tell,
    /// The next place of the log whose records were not told yet.
    told: u64,
    /// What the file does not take at the moment, in its order.
    unkept: VecDeque<Group>,
    /// Why not.
    why_unkept: Option<StoreError>,
    /// When it is tried again.
    retry_at: Option<Instant>,
    backoff: Backoff,
    rng: SmallRng,
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
            unkept: VecDeque::new(),
            why_unkept: None,
            retry_at: None,
            backoff: Backoff::new(RETRY),
            rng: SmallRng::from_os_rng(),
            presence: None,
            foreign: 0,
        }
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::Receiver<Work>) {
        self.tell.tell(StoreEvent::Link(Link::Alone));
        if let Err(error) = self.catch_up(Sqlite::warm_since) {
            error!("{error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
        self.tell.tell(StoreEvent::Ready);
        let mut beat = tokio::time::interval(BEAT);
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let retry_at = self.retry_at;
            tokio::select! {
                biased;
                waiting = receive(&mut receiver) => {
                    let Some(waiting) = waiting else { break };
                    for next in in_turn(waiting) {
                        match next {
                            Next::Group(group) => self.keep(group),
                            Next::Other(work) => self.other(work),
                        }
                    }
                }
                () = until(retry_at) => self.keep_again(),
                _ = beat.tick() => self.beat(),
                _ = look.tick() => self.look_for_others(),
            }
        }
        self.try_for_the_last_time().await;
        self.file.settle_file();
        self.options.seal.finish();
    }

    /// Does a group, behind what waits already.
    fn keep(&mut self, group: Group) {
        if self.unkept.is_empty() {
            self.keep_in_turn(VecDeque::from([group]));
        } else {
            hold(&mut self.unkept, group);
        }
    }

    /// Does groups; those that the file does not take wait while that may pass, and it is said.
    fn keep_in_turn(&mut self, mut groups: VecDeque<Group>) {
        while let Some(group) = groups.pop_front() {
            let seal = &self.options.seal;
            let id = self.file.id().to_owned();
            match self.file.commit(&group.acts, &|edge| seal.sign(&id, edge)) {
                Ok(outcomes) => {
                    seal.kept(&id);
                    if self.why_unkept.take().is_some() {
                        info!("the store can be written to again");
                        self.tell.tell(StoreEvent::Trouble(None));
                    }
                    self.backoff.reset();
                    group.answer(outcomes.into_iter().map(Kept::Settled));
                }
                Err(error) if error.may_pass() => {
                    if self.why_unkept.is_none() {
                        error!("{error}");
                        self.tell.tell(StoreEvent::Trouble(Some(error.clone())));
                    }
                    self.why_unkept = Some(error);
                    let wait = self.backoff.next_wait(&mut self.rng);
                    self.retry_at = Some(Instant::now() + wait);
                    groups.push_front(group);
                    self.unkept = groups;
                    break;
                }
                Err(error) => split(group, error, &mut groups),
            }
        }
        if let Err(error) = self.catch_up(Sqlite::since) {
            error!("{error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
    }

    fn keep_again(&mut self) {
        self.retry_at = None;
        let groups = std::mem::take(&mut self.unkept);
        self.keep_in_turn(groups);
    }

    /// The program ends, and nobody can wait for the disk much longer.
    async fn try_for_the_last_time(&mut self) {
        while !self.unkept.is_empty() && self.backoff.failures() <= LAST_TRIES {
            until(self.retry_at).await;
            self.keep_again();
        }
        let why = self.why_unkept.take().unwrap_or(StoreError::Closed);
        for group in self.unkept.drain(..) {
            error!("{} acts are not kept: {why}", group.acts.len());
            group.refuse(&why);
        }
    }

    /// Tells all records from where they were told last.
    fn catch_up(&mut self, read: Read) -> Result<(), StoreError> {
        loop {
            let rows = read(&self.file, self.told, PAGE)?;
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
            if let Err(error) = self.catch_up(Sqlite::since) {
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
            Work::Past(query, reply) => drop(reply.send(self.file.past(&query))),
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
