//! One decoder process as the rest of the wall sees it: feeds are added and closed here, and their
//! units passed on by whoever has them, without a hop over another thread.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use parking_lot::Mutex;
use tokio::net::UnixStream;
use tokio::sync::Notify;

use super::Shared;
use super::ledger::{Ledger, Member};
use super::wire::Order;

/// More bytes than this do not wait for the socket; units wait in their feed's inbox instead, which
/// knows what may be left out.
const MOST_WAITING: usize = 1 << 20;

/// How a decoder process stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildReport {
    /// Its number among those of this wall.
    pub number: u32,
    /// Its process id, while it runs.
    pub pid: Option<u32>,
    /// How many feeds it has.
    pub feeds: usize,
    /// Their keys.
    pub feed_keys: Vec<u64>,
    /// It has one feed, which ended other processes before.
    pub alone: bool,
    /// How often it was started again.
    pub restarts: u64,
}

/// One decoder process.
pub(super) struct Desk {
    pub(super) number: u32,
    alone: bool,
    shared: Arc<Shared>,
    pub(super) state: Mutex<State>,
    /// Something is so that the keeper should look at.
    pub(super) look: Notify,
    /// Pictures of answers up to this unit's were copied.
    pub(super) taken: AtomicU64,
}

pub(super) struct State {
    pub(super) ledger: Ledger,
    /// The way to the process, while it is ready.
    pub(super) line: Option<Line>,
    pub(super) child: Option<Child>,
    pub(super) restarts: u64,
    /// Its last feed was closed, and it shall have no other.
    pub(super) retired: bool,
}

/// The way to a process that is ready.
pub(super) struct Line {
    pub(super) stream: Arc<UnixStream>,
    /// What the socket did not take yet.
    waiting: VecDeque<u8>,
}

impl Line {
    pub(super) fn new(stream: Arc<UnixStream>) -> Self {
        Self {
            stream,
            waiting: VecDeque::new(),
        }
    }

    /// Writes as much as the socket takes; the rest waits. True when something waits now that did
    /// not before. That the other end is gone is seen by who reads.
    fn write(&mut self, head: &[u8], body: &[u8]) -> bool {
        let idle = self.waiting.is_empty();
        let written = if idle { self.write_now(head, body) } else { 0 };
        let rest_of_head = head.get(written..).unwrap_or_default();
        let rest_of_body = body
            .get(written.saturating_sub(head.len())..)
            .unwrap_or_default();
        self.waiting.extend(rest_of_head);
        self.waiting.extend(rest_of_body);
        idle && !self.waiting.is_empty()
    }

    /// How many bytes of both the socket took.
    fn write_now(&self, head: &[u8], body: &[u8]) -> usize {
        let mut written = 0;
        while written < head.len() + body.len() {
            let parts = [
                IoSlice::new(head.get(written..).unwrap_or_default()),
                IoSlice::new(
                    body.get(written.saturating_sub(head.len())..)
                        .unwrap_or_default(),
                ),
            ];
            match self.stream.try_write_vectored(&parts) {
                Ok(0) | Err(_) => break,
                Ok(count) => written += count,
            }
        }
        written
    }

    /// Writes what waits, as far as the socket takes it.
    pub(super) fn flush(&mut self) {
        while !self.waiting.is_empty() {
            let (first, second) = self.waiting.as_slices();
            match self
                .stream
                .try_write_vectored(&[IoSlice::new(first), IoSlice::new(second)])
            {
                Ok(0) | Err(_) => return,
                Ok(count) => drop(self.waiting.drain(..count)),
            }
        }
    }

    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Desk {
    pub(super) fn new(number: u32, alone: bool, shared: Arc<Shared>) -> Self {
        let state = State {
            ledger: Ledger::new(shared.epoch),
            line: None,
            child: None,
            restarts: 0,
            retired: false,
        };
        Self {
            number,
            alone,
            shared,
            state: Mutex::new(state),
            look: Notify::new(),
            taken: AtomicU64::new(0),
        }
    }

    pub(super) fn is_alone(&self) -> bool {
        self.alone
    }

    pub(super) fn weight(&self) -> usize {
        self.state.lock().ledger.weight()
    }

    pub(super) fn add(&self, member: Member) {
        let key = member.feed.key();
        self.state.lock().ledger.members.insert(key, member);
        self.look.notify_one();
        self.pass_on(key);
    }

    /// Takes a feed out, to give it to another desk; its decoder goes with the process, which has
    /// ended, or is told.
    pub(super) fn give_away(&self, key: u64) -> Option<Member> {
        let mut state = self.state.lock();
        let member = state.ledger.remove(key)?;
        let told = state
            .line
            .as_mut()
            .map(|line| line.write(&Order::Close { feed: key }.head(), &[]));
        if told == Some(true) {
            self.look.notify_one();
        }
        Some(member)
    }

    pub(super) fn close(&self, key: u64) {
        self.give_away(key);
        let mut state = self.state.lock();
        if self.alone && state.ledger.members.is_empty() {
            state.retired = true;
            self.look.notify_one();
        }
    }

    /// Gives the process what a feed has, as far as it may have it.
    pub(super) fn pass_on(&self, key: u64) {
        let mut state = self.state.lock();
        let state = &mut *state;
        let Some(line) = &mut state.line else { return };
        while line.waiting.len() < MOST_WAITING && state.ledger.may_send(key) {
            let Some(member) = state.ledger.members.get(&key) else {
                return;
            };
            let feed = Arc::clone(&member.feed);
            let Some(unit) = feed.next_unit() else { return };
            let new_session = feed.take_new_session();
            if new_session {
                feed.note_judgement(None);
            }
            let wish = feed.wish(self.shared.exact.load(SeqCst), self.shared.discard);
            let taken = self.taken.load(SeqCst);
            let Some(head) = state.ledger.send(key, &unit, new_session, wish, taken) else {
                return;
            };
            let order = Order::Unit(head, &unit.bytes);
            if line.write(&order.head(), &unit.bytes) {
                self.look.notify_one();
            }
        }
    }

    /// Gives the process what all feeds have.
    pub(super) fn pass_on_all(&self) {
        let keys: Vec<u64> = self.state.lock().ledger.members.keys().copied().collect();
        for key in keys {
            self.pass_on(key);
        }
    }

    /// Feeds that were given up are tried again when their time has come.
    pub(super) fn end_pauses(&self, now: Instant) {
        let mut state = self.state.lock();
        for member in state.ledger.members.values_mut() {
            if member.paused_until.is_some_and(|until| until <= now) {
                member.paused_until = None;
                member.feed.skip_to_keyframe();
            }
        }
    }

    /// Ends the process, and waits until it is gone.
    pub(super) fn end(&self) {
        let child = {
            let mut state = self.state.lock();
            state.line = None;
            state.child.take()
        };
        if let Some(child) = child {
            end_child(child);
        }
        self.look.notify_one();
    }

    pub(super) fn report(&self) -> ChildReport {
        let state = self.state.lock();
        let running = state.line.as_ref().and(state.child.as_ref());
        ChildReport {
            number: self.number,
            pid: running.map(Child::id),
            feeds: state.ledger.members.len(),
            feed_keys: state.ledger.members.keys().copied().collect(),
            alone: self.alone,
            restarts: state.restarts,
        }
    }
}

/// Kills a child, which works also on one that is stopped, and takes note of its end.
pub(super) fn end_child(mut child: Child) -> Option<std::process::ExitStatus> {
    // It may have ended by itself.
    child.kill().ok();
    let ended: io::Result<_> = child.wait();
    if let Err(error) = &ended {
        tracing::warn!(%error, pid = child.id(), "a decoder process was not seen to end");
    }
    ended.ok()
}
