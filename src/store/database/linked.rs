//! A seat of a centre: the centre's store while it can be reached, the seat's own file while not.
//!
//! What the seat does while the centre is away is durable in the outbox before it is shown, and goes
//! there in its order when it is back. An act whose fate is unknown (the line broke before the answer)
//! goes there again under the same identity, and is done once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior};
use tracing::{error, info, warn};

use super::address::Address;
use super::alone::{BEAT, PAGE, split, whole_places};
use super::keep::Restored;
use super::plan::{Conflict, Found, Outcome, unlawful, wanted};
use super::postgres::{Postgres, Told};
use super::restored::RESTORED;
use super::rows::Refused;
use super::sqlite::Sqlite;
use super::unfit::check;
use super::work::{GROUP, Group, Next, Tell, Work, hold, in_turn, receive, until};
use super::{Kept, Link, Options, Presence, Row, StoreError, StoreEvent};
use crate::base::backoff::{Backoff, Policy};
use crate::base::clock;
use crate::base::hex::hex;
use crate::model::act::{Act, Key};

/// Changes of others are read at most so often; what comes meanwhile is read together.
const READ_EVERY: Duration = Duration::from_millis(100);
/// Between two readings there is so many times what the last one took, so that a hundred seats do not
/// take all of a server that is slow.
const READ_REST: u32 = 4;
/// But no more than this.
const READ_AT_LEAST_EVERY: Duration = Duration::from_millis(600);
/// Waits between attempts to reach the centre.
const RECONNECT: Policy = Policy {
    first: Duration::from_millis(250),
    most: Duration::from_secs(10),
    factor: 1.7,
    jitter: 0.3,
};
/// Waits while the seat's own file cannot be written to.
const RETRY: Duration = Duration::from_millis(500);
/// At the program's end so many tries are made.
const LAST_TRIES: u32 = 5;
/// The note that says which centre's records the file holds.
const CENTRE: &str = "centre";
/// The note that says up to where.
const PLACE: &str = "place";
/// The note of the last line that was read: its number and its hash.
pub(super) const LAST_LINE: &str = "last-line";

type Connected = Result<(Box<Postgres>, mpsc::Receiver<Told>), StoreError>;

/// How it stands with the centre.
enum State {
    /// Nothing is being tried until then.
    Resting(Instant),
    /// It is being reached.
    Reaching(JoinHandle<Connected>),
    /// It is there.
    There {
        centre: Box<Postgres>,
        told: mpsc::Receiver<Told>,
    },
}

/// What happened first.
enum Happened {
    Asked(Option<Vec<Work>>),
    Told(Told),
    Reached(Connected),
    Rested,
    Read,
    Retry,
    Beat,
}

pub(super) struct Linked {
    mirror: Sqlite,
    address: Address,
    options: Options,
    tell: Tell,
    state: State,
    backoff: Backoff,
    rng: SmallRng,
    /// The next place of the centre's log whose records are not in the mirror.
    place: u64,
    /// Records as the outbox leaves them.
    ahead: BTreeMap<Key, Found>,
    /// The line that [`LAST_LINE`] is of.
    last_line: Option<u64>,
    waiting: u64,
    /// Records that the centre lost when it was restored, until that is told.
    lost_records: BTreeSet<Key>,
    /// When the changes of others are read next.
    read_at: Option<Instant>,
    /// Not before then.
    rested: Instant,
    /// The seat's own file could not be written to, so it lags behind; it is tried again then.
    mirror_at: Option<Instant>,
    /// Records to be told as the mirror has them, once it does not lag behind any more.
    untold: BTreeSet<Key>,
    /// What neither the centre nor the seat's own file takes at the moment, in its order.
    unkept: VecDeque<Group>,
    /// Why not.
    why_unkept: Option<StoreError>,
    /// When it is tried again.
    retry_at: Option<Instant>,
    presence: Option<String>,
    others_said: bool,
}

impl Linked {
    pub(super) fn new(
        mirror: Sqlite,
        address: Address,
        options: Options,
        tell: Tell,
    ) -> Result<Self, StoreError> {
        let place = mirror.note(PLACE)?;
        let waiting = mirror.outbox_len()?;
        Ok(Self {
            mirror,
            address,
            options,
            tell,
            state: State::Resting(Instant::now()),
            backoff: Backoff::new(RECONNECT),
            rng: SmallRng::from_os_rng(),
            place: place.and_then(|text| text.parse().ok()).unwrap_or(0),
            ahead: BTreeMap::new(),
            last_line: None,
            waiting,
            lost_records: BTreeSet::new(),
            read_at: None,
            rested: Instant::now(),
            mirror_at: None,
            untold: BTreeSet::new(),
            unkept: VecDeque::new(),
            why_unkept: None,
            retry_at: None,
            presence: None,
            others_said: false,
        })
    }

    /// The seat's file was damaged and made anew: said until it has all that the centre has.
    pub(super) fn renewed(&mut self, told: StoreError) {
        error!("{told}");
        self.tell.tell(StoreEvent::Trouble(Some(told)));
        self.mirror_at = Some(Instant::now());
    }

    /// Makes the seat's damaged file anew.
    fn renew(&mut self, why: &str) -> Result<(), StoreError> {
        let (mirror, told) = Sqlite::renew(&self.options.mirror_file(), why)?;
        self.mirror = mirror;
        self.waiting = self.mirror.outbox_len()?;
        self.renewed(told);
        Ok(())
    }

    pub(super) async fn run(mut self, mut receiver: mpsc::Receiver<Work>) {
        let mut told = self.tell_what_is_here();
        if let Err(StoreError::Damaged { why, .. }) = &told {
            let why = why.clone();
            self.place = 0;
            told = self.renew(&why).and_then(|()| self.tell_what_is_here());
        }
        if let Err(error) = told {
            error!("{error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
        self.tell.tell(StoreEvent::Ready);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (read_at, retry_at) = (self.read_at, self.retry_at);
            let happened = tokio::select! {
                biased;
                waiting = receive(&mut receiver) => Happened::Asked(waiting),
                happened = next(&mut self.state) => happened,
                () = until(read_at) => Happened::Read,
                () = until(retry_at) => Happened::Retry,
                _ = beat.tick() => Happened::Beat,
            };
            match happened {
                Happened::Asked(None) => break,
                Happened::Asked(Some(waiting)) => {
                    for next in in_turn(waiting) {
                        match next {
                            Next::Group(group) => self.keep(group).await,
                            Next::Other(work) => self.other(work).await,
                        }
                    }
                }
                Happened::Told(Told::Changed) => {
                    self.read_at.get_or_insert(self.rested);
                }
                Happened::Told(Told::Presence) => {
                    self.others_said = true;
                    self.read_at.get_or_insert(self.rested);
                }
                Happened::Told(Told::Gone) => {
                    let why = StoreError::Away {
                        place: self.address.to_string(),
                        why: "the connection broke".to_owned(),
                    };
                    self.lost(why);
                }
                Happened::Rested => {
                    let address = self.address.clone();
                    let reaching = tokio::spawn(async move {
                        let (centre, told) = Postgres::connect(&address).await?;
                        Ok((Box::new(centre), told))
                    });
                    self.state = State::Reaching(reaching);
                }
                Happened::Reached(connected) => self.reached(connected).await,
                Happened::Read => self.read().await,
                Happened::Retry => self.keep_again().await,
                Happened::Beat => self.beat().await,
            }
        }
        self.try_for_the_last_time().await;
        if let State::Reaching(reaching) = &self.state {
            reaching.abort();
        }
        self.mirror.settle_file();
        self.options.seal.finish();
    }

    /// What the seat's own file holds, before anything else.
    fn tell_what_is_here(&mut self) -> Result<(), StoreError> {
        let mut from = 0;
        loop {
            let rows = self.mirror.warm_since(from, PAGE)?;
            let full = rows.len() == PAGE;
            let Some(rows) = whole_places(rows, full) else {
                break;
            };
            from = rows.last().map_or(from, |row| row.seq + 1);
            self.tell.tell(StoreEvent::Rows {
                rows,
                provisional: false,
            });
            if !full {
                break;
            }
        }
        if self.waiting > 0 {
            let acts = self.mirror.outbox(usize::MAX >> 1)?;
            self.go_ahead(&acts);
        }
        let conflicts = self.mirror.conflicts()?;
        if !conflicts.is_empty() {
            self.tell.tell(StoreEvent::Conflicts(conflicts));
        }
        Ok(())
    }

    async fn reached(&mut self, connected: Connected) {
        let (centre, told) = match connected {
            Ok(reached) => reached,
            Err(why) => {
                self.lost(why);
                return;
            }
        };
        let taken_up = match self.take_up(&centre).await {
            // One that takes nothing new, because its disk is full, is not there yet.
            Ok(()) => self.say_here(&centre).await,
            failed => failed,
        };
        if let Err(why) = taken_up {
            self.lost(why);
            return;
        }
        info!("the centre's store is there: {}", self.address);
        self.backoff.reset();
        self.state = State::There { centre, told };
        self.tell.tell(StoreEvent::Link(Link::There));
        if !self.unkept.is_empty() {
            self.keep_again().await;
        }
    }

    /// Sends what waited, and reads what was missed.
    async fn take_up(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        self.recognise(centre)?;
        if centre.head().await?.size() < self.place {
            return Err(StoreError::Damaged {
                place: self.address.to_string(),
                why: format!(
                    "this seat has seen {} lines of its log, and there are fewer now",
                    self.place
                ),
            });
        }
        self.compare_log(centre).await?;
        let mut ahead: BTreeSet<Key> = std::mem::take(&mut self.ahead).into_keys().collect();
        let mut refused_any = !self.lost_records.is_empty();
        ahead.extend(self.lost_records.iter().cloned());
        loop {
            let acts = self.mirror.outbox(GROUP)?;
            if acts.is_empty() {
                break;
            }
            let sent = self.send(centre, &acts).await;
            if let Err(error) = sent {
                // They are still in the outbox, and go ahead of the centre until it has them.
                let acts = self.mirror.outbox(usize::MAX >> 1)?;
                self.go_ahead(&acts);
                return Err(error);
            }
            refused_any |= sent? > 0;
        }
        self.waiting = 0;
        self.catch_up(centre).await?;
        self.untold.extend(ahead);
        if self.mirror_at.is_none() {
            self.tell_again()?;
        }
        if refused_any {
            self.tell
                .tell(StoreEvent::Conflicts(self.mirror.conflicts()?));
        }
        self.lost_records.clear();
        Ok(())
    }

    /// Whether this is the centre that the seat knows. Where that was restored from a backup since, the
    /// seat begins anew.
    fn recognise(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        let mark = centre.restored().map(Restored::to_text);
        let known = match self.mirror.note(CENTRE)? {
            Some(known) if known != centre.id() && self.mirror.knows_nothing()? => None,
            known => known,
        };
        match known {
            None => {
                self.mirror.set_note(CENTRE, centre.id())?;
                self.mirror.set_note(PLACE, "0")?;
                self.mirror.set_note(LAST_LINE, "")?;
                self.last_line = None;
                self.mirror
                    .set_note(RESTORED, mark.as_deref().unwrap_or_default())?;
                self.place = 0;
                return Ok(());
            }
            Some(known) if known == centre.id() => {}
            Some(known) => {
                return Err(StoreError::Refused {
                    place: self.address.to_string(),
                    why: format!(
                        "this seat belongs to the store {known}, and this is {}; what the seat \
                         has not sent yet would be lost",
                        centre.id()
                    ),
                });
            }
        }
        let Some(restored) = centre.restored() else {
            return Ok(());
        };
        if self.mirror.note(RESTORED)? == mark {
            return Ok(());
        }
        let lost = self.mirror.start_over(restored, &self.options.seat)?;
        self.place = 0;
        self.last_line = None;
        warn!(
            "the centre was restored from a backup of {} lines; records that it does not have as \
             this seat knew them: {}",
            restored.size,
            lost.len()
        );
        // They are told when the centre's own are here.
        self.lost_records.extend(lost);
        Ok(())
    }

    /// Does acts of the outbox at the centre; how many it refused.
    async fn send(&mut self, centre: &Postgres, acts: &[Act]) -> Result<usize, StoreError> {
        let id = centre.id().to_owned();
        let seal = &self.options.seal;
        let outcomes = match centre.commit(acts, &|edge| seal.sign(&id, edge)).await {
            Ok(outcomes) => {
                seal.kept(&id);
                outcomes
            }
            Err(error) if error.is_of_the_place() => return Err(error),
            Err(error) if acts.len() > 1 => {
                // One of them cannot be kept: each by itself, in its order.
                let mut refused = 0;
                for act in acts {
                    refused += Box::pin(self.send(centre, std::slice::from_ref(act))).await?;
                }
                warn!("the outbox went act by act: {error}");
                return Ok(refused);
            }
            Err(error) => {
                let refused = Refused {
                    act: acts[0].clone(),
                    why: error.to_string(),
                    key: None,
                    body: None,
                };
                self.mirror.sent(&[], &[refused])?;
                return Ok(1);
            }
        };
        let mut done = Vec::new();
        let mut refused = Vec::new();
        for (act, outcome) in acts.iter().zip(outcomes) {
            match outcome {
                Outcome::Done { .. } | Outcome::DoneBefore { .. } => done.push(act.id),
                Outcome::Conflict(conflict) => refused.push(Refused {
                    act: act.clone(),
                    why: conflict.to_string(),
                    key: Some(conflict.key),
                    body: conflict.body,
                }),
                Outcome::Unfit(unfit) => refused.push(Refused {
                    act: act.clone(),
                    why: unfit.to_string(),
                    key: None,
                    body: None,
                }),
            }
        }
        self.mirror.sent(&done, &refused)?;
        self.waiting = self
            .waiting
            .saturating_sub((done.len() + refused.len()) as u64);
        Ok(refused.len())
    }

    /// Whether the log is the one that this seat knew: a centre that lost lines, as when a standby that
    /// lagged behind took its place, and grew again has others in their places.
    async fn compare_log(&self, centre: &Postgres) -> Result<(), StoreError> {
        let Some(known) = self.mirror.note(LAST_LINE)? else {
            return Ok(());
        };
        let Some((n, hash)) = known.split_once(' ') else {
            return Ok(());
        };
        let Ok(n) = n.parse::<u64>() else {
            return Ok(());
        };
        let there = centre.line_hash(n).await?.map(|hash| hex(&hash));
        if there.as_deref() == Some(hash) {
            return Ok(());
        }
        Err(StoreError::Damaged {
            place: self.address.to_string(),
            why: format!(
                "line {n} of its log is another than this seat has seen (hash {hash}, now {}): it lost \
                 lines and grew again, as when a standby that lagged behind took its place; what \
                 this seat has not sent waits here",
                there.as_deref().unwrap_or("none")
            ),
        })
    }

    /// Remembers the last line that was read, to know the log again by.
    async fn remember_log(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        let Some(n) = self.place.checked_sub(1) else {
            return Ok(());
        };
        if self.mirror_at.is_some() || self.last_line == Some(n) {
            return Ok(());
        }
        if let Some(hash) = centre.line_hash(n).await? {
            let line = format!("{n} {}", hex(&hash));
            if let Err(error) = self.mirror.set_note(LAST_LINE, &line) {
                return self.mirror_fails(error);
            }
            self.last_line = Some(n);
        }
        Ok(())
    }

    /// Reads from the centre what the mirror does not have.
    async fn catch_up(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        self.read_at = None;
        let begun = Instant::now();
        let read = self.read_pages(centre).await;
        let rest = READ_REST * begun.elapsed();
        self.rested = Instant::now() + rest.clamp(READ_EVERY, READ_AT_LEAST_EVERY);
        read
    }

    async fn read_pages(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        if self.mirror_at.is_some_and(|at| at <= Instant::now()) {
            self.mirror_what_it_lacks(centre).await?;
        }
        loop {
            let rows = centre.since(self.place, PAGE).await?;
            let full = rows.len() == PAGE;
            let Some(rows) = whole_places(rows, full) else {
                return Ok(());
            };
            let place = rows.last().map_or(self.place, |row| row.seq + 1);
            if self.mirror_at.is_none()
                && let Err(error) = self.mirror.mirror(&rows, (PLACE, place))
            {
                self.mirror_fails(error)?;
            }
            self.place = place;
            self.tell.tell(StoreEvent::Rows {
                rows,
                provisional: false,
            });
            if !full {
                return self.remember_log(centre).await;
            }
        }
    }

    /// The seat goes on with its centre while its own disk is full.
    fn mirror_fails(&mut self, error: StoreError) -> Result<(), StoreError> {
        if let StoreError::Damaged { why, .. } = &error {
            return self.renew(why);
        }
        if !error.may_pass() {
            return Err(error);
        }
        if self.mirror_at.is_none() {
            error!("what the centre has is not kept at this seat: {error}");
            self.tell.tell(StoreEvent::Trouble(Some(error)));
        }
        self.mirror_at = Some(Instant::now() + RETRY);
        Ok(())
    }

    /// Brings the mirror to where the seat is, when it can be written to again.
    async fn mirror_what_it_lacks(&mut self, centre: &Postgres) -> Result<(), StoreError> {
        let place = self.mirror.note(PLACE)?;
        let mut place = place.and_then(|text| text.parse().ok()).unwrap_or(0);
        while place < self.place {
            let rows = centre.since(place, PAGE).await?;
            let full = rows.len() == PAGE;
            let Some(rows) = whole_places(rows, full) else {
                break;
            };
            place = rows.last().map_or(place, |row| row.seq + 1);
            if let Err(error) = self.mirror.mirror(&rows, (PLACE, place)) {
                return self.mirror_fails(error);
            }
        }
        info!("what the centre has is kept at this seat again");
        self.mirror_at = None;
        self.well_again();
        self.tell_again()
    }

    /// Tells records as the mirror has them: what went ahead of the centre may not have come true.
    fn tell_again(&mut self) -> Result<(), StoreError> {
        if self.untold.is_empty() {
            return Ok(());
        }
        let found = self.mirror.found(&self.untold)?;
        let keys = std::mem::take(&mut self.untold);
        let rows = keys
            .iter()
            .map(|key| {
                let found = found.get(key);
                Row {
                    key: key.clone(),
                    version: found.map_or(0, |found| found.version),
                    seq: self.place,
                    centre: found.map_or_else(String::new, |found| found.centre.clone()),
                    at: clock::wall_now(),
                    body: found.and_then(|found| found.body.clone()),
                }
            })
            .collect();
        self.tell.tell(StoreEvent::Rows {
            rows,
            provisional: false,
        });
        Ok(())
    }

    fn lost(&mut self, why: StoreError) {
        if matches!(self.state, State::There { .. }) || self.backoff.failures() == 0 {
            warn!("the centre's store is away: {why}");
        }
        let wait = self.backoff.next_wait(&mut self.rng);
        self.state = State::Resting(Instant::now() + wait);
        self.read_at = None;
        self.tell.tell(StoreEvent::Link(Link::Away {
            why,
            waiting: self.waiting,
        }));
    }

    /// Does a group, or keeps it in the outbox; behind what waits already.
    async fn keep(&mut self, group: Group) {
        if self.unkept.is_empty() {
            self.keep_in_turn(VecDeque::from([group])).await;
        } else {
            hold(&mut self.unkept, group);
        }
    }

    async fn keep_in_turn(&mut self, mut groups: VecDeque<Group>) {
        let mut done = Vec::new();
        while let Some(group) = groups.pop_front() {
            if !self.unkept.is_empty() {
                hold(&mut self.unkept, group);
                continue;
            }
            let State::There { centre, .. } = &self.state else {
                self.queue(group);
                continue;
            };
            let id = centre.id().to_owned();
            let seal = &self.options.seal;
            match centre
                .commit(&group.acts, &|edge| seal.sign(&id, edge))
                .await
            {
                Ok(outcomes) => {
                    seal.kept(&id);
                    done.extend(
                        (group.acts.iter().zip(&outcomes))
                            .filter(|(_, outcome)| matches!(outcome, Outcome::Done { .. }))
                            .map(|(act, _)| act.clone()),
                    );
                    group.answer(outcomes.into_iter().map(Kept::Settled));
                }
                Err(error) if error.is_of_the_place() => {
                    self.lost(error);
                    self.go_ahead_with(std::mem::take(&mut done));
                    self.queue(group);
                }
                Err(error) => split(group, error, &mut groups),
            }
        }
        if matches!(self.state, State::There { .. }) {
            self.read().await;
        }
        if !matches!(self.state, State::There { .. }) {
            self.go_ahead_with(done);
        }
    }

    /// The centre has these acts, and went before this seat could read them back: what they changed
    /// is shown all the same, and what follows builds on it.
    fn go_ahead_with(&mut self, mut acts: Vec<Act>) {
        let keys = wanted(&acts).1;
        let Ok(standing) = self.mirror.found(&keys) else {
            return; // what reads the mirror next will say so
        };
        for act in &mut acts {
            act.changes.retain(|change| {
                let known = standing.get(&change.key).map_or(0, |found| found.version);
                known <= change.expect
            });
        }
        self.go_ahead(&acts);
    }

    /// Keeps a group in the outbox.
    fn queue(&mut self, mut group: Group) {
        match self.put_out(&group.acts) {
            Ok(kept) => {
                let queued: Vec<Act> = group
                    .acts
                    .drain(..)
                    .zip(&kept)
                    .filter_map(|(act, kept)| (*kept == Kept::Queued).then_some(act))
                    .collect();
                self.waiting += queued.len() as u64;
                self.go_ahead(&queued);
                group.answer(kept);
            }
            Err(error) if error.may_pass() => {
                if self.why_unkept.is_none() {
                    error!("{error}");
                    self.tell.tell(StoreEvent::Trouble(Some(error.clone())));
                }
                self.why_unkept = Some(error);
                self.retry_at = Some(Instant::now() + RETRY);
                hold(&mut self.unkept, group);
            }
            Err(error) => {
                error!("{} acts are not kept: {error}", group.acts.len());
                group.refuse(&error);
            }
        }
    }

    /// Tries again with what could be kept nowhere.
    async fn keep_again(&mut self) {
        self.retry_at = None;
        let groups = std::mem::take(&mut self.unkept);
        self.keep_in_turn(groups).await;
        if self.unkept.is_empty() && self.why_unkept.take().is_some() {
            info!("what is done at this seat is kept again");
            self.well_again();
        }
    }

    /// The program ends: what can be kept nowhere is refused after some more tries.
    async fn try_for_the_last_time(&mut self) {
        for _ in 0..LAST_TRIES {
            if self.unkept.is_empty() {
                return;
            }
            tokio::time::sleep(RETRY).await;
            self.keep_again().await;
        }
        let why = self.why_unkept.take().unwrap_or(StoreError::Closed);
        for group in self.unkept.drain(..) {
            error!("{} acts are not kept: {why}", group.acts.len());
            group.refuse(&why);
        }
    }

    /// Nothing is the matter with what this seat keeps, as far as it is known.
    fn well_again(&self) {
        if self.mirror_at.is_none() && self.unkept.is_empty() {
            self.tell.tell(StoreEvent::Trouble(None));
        }
    }

    fn put_out(&mut self, acts: &[Act]) -> Result<Vec<Kept>, StoreError> {
        let keys = wanted(acts).1;
        let mut standing = self.mirror.found(&keys)?;
        standing.extend(
            keys.iter()
                .filter_map(|key| Some((key.clone(), self.ahead.get(key)?.clone()))),
        );
        let mut queued = Vec::with_capacity(acts.len());
        let kept = acts
            .iter()
            .map(|act| {
                if let Err(unfit) = check(act) {
                    return Kept::Settled(Outcome::Unfit(unfit));
                }
                // Where the mirror lags behind, the centre will know.
                if self.mirror_at.is_none() {
                    if let Some(unfit) = unlawful(act, &standing) {
                        return Kept::Settled(Outcome::Unfit(unfit));
                    }
                    if let Some(conflict) = Conflict::of(act, &standing) {
                        return Kept::Settled(Outcome::Conflict(conflict));
                    }
                }
                for change in &act.changes {
                    let version = Found::next_version(&standing, &change.key);
                    standing.insert(change.key.clone(), Found::after(act, change, version));
                }
                queued.push(act.clone());
                Kept::Queued
            })
            .collect();
        self.mirror.put_out(&queued)?;
        Ok(kept)
    }

    /// Shows what the outbox holds.
    fn go_ahead(&mut self, acts: &[Act]) {
        let mut rows = BTreeMap::new();
        // Without them versions of what was removed and made again are a little low until the
        // centre has spoken.
        let mut standing = self.mirror.found(&wanted(acts).1).unwrap_or_default();
        standing.extend(
            self.ahead
                .iter()
                .map(|(key, found)| (key.clone(), found.clone())),
        );
        for act in acts {
            for change in &act.changes {
                let version = Found::next_version(&standing, &change.key).max(change.expect + 1);
                let found = Found::after(act, change, version);
                standing.insert(change.key.clone(), found.clone());
                rows.insert(
                    change.key.clone(),
                    Row {
                        key: change.key.clone(),
                        version: found.version,
                        seq: self.place,
                        centre: act.centre.clone(),
                        at: act.at,
                        body: change.body.clone(),
                    },
                );
                self.ahead.insert(change.key.clone(), found);
            }
        }
        if !rows.is_empty() {
            self.tell.tell(StoreEvent::Rows {
                rows: rows.into_values().collect(),
                provisional: true,
            });
        }
    }

    /// Reads what others changed.
    async fn read(&mut self) {
        self.read_at = None;
        let State::There { centre, told } =
            std::mem::replace(&mut self.state, State::Resting(Instant::now()))
        else {
            return;
        };
        let mut read = self.catch_up(&centre).await;
        if read.is_ok() && std::mem::take(&mut self.others_said) {
            read = self.tell_presence(&centre).await;
        }
        self.state = State::There { centre, told };
        if let Err(why) = read {
            self.lost(why);
        }
    }

    async fn tell_presence(&self, centre: &Postgres) -> Result<(), StoreError> {
        let (seats, now) = centre.presences().await?;
        self.tell.tell(StoreEvent::Presence { seats, now });
        Ok(())
    }

    async fn beat(&mut self) {
        let State::There { centre, .. } = &self.state else {
            return;
        };
        if self.mirror_at.is_some() {
            self.read_at.get_or_insert(self.rested);
        }
        if let Err(why) = self.say_here(centre).await {
            self.lost(why);
        }
    }

    /// Says that this seat is here, and hears who else is.
    async fn say_here(&self, centre: &Postgres) -> Result<(), StoreError> {
        if let Some(body) = &self.presence {
            let presence = Presence {
                seat: self.options.seat.clone(),
                centre: self.options.centre_name.clone(),
                at: clock::wall_now(),
                body: body.clone(),
            };
            centre.present(&presence).await?;
        }
        self.tell_presence(centre).await
    }

    async fn other(&mut self, work: Work) {
        let work = match work {
            Work::Present(body) => {
                self.presence = Some(body);
                self.beat().await;
                return;
            }
            Work::Settle(act) => {
                let settled = self
                    .mirror
                    .settle(act)
                    .and_then(|()| self.mirror.conflicts());
                match settled {
                    Ok(conflicts) => self.tell.tell(StoreEvent::Conflicts(conflicts)),
                    Err(error) => error!("{error}"),
                }
                return;
            }
            // Whoever does not wait any more need not know.
            Work::Past(query, reply) => {
                drop(reply.send(self.mirror.past(&query)));
                return;
            }
            other => other,
        };
        let seat = &self.options.seat;
        let State::There { centre, .. } = &self.state else {
            work.refuse(&StoreError::Away {
                place: self.address.to_string(),
                why: "it was not reached yet".to_owned(),
            });
            return;
        };
        // Whoever does not wait any more need not know.
        match work {
            Work::Act(_, reply) => drop(reply.send(Err(StoreError::Closed))),
            Work::Present(_) | Work::Settle(_) | Work::Past(..) => {}
            Work::Head(reply) => drop(reply.send(centre.head().await)),
            Work::Lines { from, most, reply } => drop(reply.send(centre.lines(from, most).await)),
            Work::Rows { from, most, reply } => drop(reply.send(centre.since(from, most).await)),
            Work::Checkpoints(reply) => drop(reply.send(centre.checkpoints().await)),
            Work::Identity(reply) => drop(reply.send(Ok(centre.id().to_owned()))),
            Work::Offer { tasks, reply } => drop(reply.send(centre.offer(&tasks).await)),
            Work::Take {
                kind,
                hold,
                most,
                reply,
            } => drop(reply.send(centre.take(&kind, seat, hold, most).await)),
            Work::Finish { task, reply } => drop(reply.send(centre.finish(task, seat).await)),
            Work::Lease { name, hold, reply } => {
                drop(reply.send(centre.lease(&name, seat, hold).await));
            }
            Work::Check(reply) => drop(reply.send(self.mirror.check())),
        }
    }
}

/// The next thing that the centre, or the way to it, has to say.
async fn next(state: &mut State) -> Happened {
    match state {
        State::Resting(until) => {
            tokio::time::sleep_until(*until).await;
            Happened::Rested
        }
        State::Reaching(reaching) => Happened::Reached(match reaching.await {
            Ok(connected) => connected,
            Err(error) => Err(StoreError::Engine {
                place: "connecting".to_owned(),
                why: error.to_string(),
            }),
        }),
        State::There { told, .. } => Happened::Told(told.recv().await.unwrap_or(Told::Gone)),
    }
}
