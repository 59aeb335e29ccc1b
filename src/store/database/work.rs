//! What the store's thread is asked, and how it takes it: what waits together is done together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::Sender;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::rows::{Checkpoint, Lease, Line, Row, Task};
use super::{Kept, StoreError, StoreEvent};
use crate::model::act::Act;
use crate::model::alarm::past::Query;
use crate::model::id::Id;
use crate::store::log::tree::Frontier;

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// Most acts of one transaction.
pub(super) const GROUP: usize = 256;

/// One thing that is asked.
pub(super) enum Work {
    Act(Box<Act>, Reply<Kept>),
    Head(Reply<Frontier>),
    Lines {
        from: u64,
        most: usize,
        reply: Reply<Vec<Line>>,
    },
    Rows {
        from: u64,
        most: usize,
        reply: Reply<Vec<Row>>,
    },
    Past(Box<Query>, Reply<Vec<Row>>),
    Checkpoints(Reply<Vec<Checkpoint>>),
    Identity(Reply<String>),
    Present(String),
    Offer {
        tasks: Vec<Task>,
        reply: Reply<()>,
    },
    Take {
        kind: String,
        hold: Duration,
        most: usize,
        reply: Reply<Vec<Task>>,
    },
    Finish {
        task: Id,
        reply: Reply<bool>,
    },
    Lease {
        name: String,
        hold: Duration,
        reply: Reply<Lease>,
    },
    Settle(Id),
    Check(Reply<Vec<String>>),
}

impl Work {
    /// Tells whoever asked that it cannot be.
    pub(super) fn refuse(self, error: &StoreError) {
        fn tell<T>(reply: Reply<T>, error: &StoreError) {
            // Whoever does not wait any more need not know.
            reply.send(Err(error.clone())).ok();
        }
        match self {
            Self::Act(_, reply) => tell(reply, error),
            Self::Head(reply) => tell(reply, error),
            Self::Lines { reply, .. } => tell(reply, error),
            Self::Rows { reply, .. } | Self::Past(_, reply) => tell(reply, error),
            Self::Checkpoints(reply) => tell(reply, error),
            Self::Identity(reply) => tell(reply, error),
            Self::Offer { reply, .. } => tell(reply, error),
            Self::Take { reply, .. } => tell(reply, error),
            Self::Finish { reply, .. } => tell(reply, error),
            Self::Lease { reply, .. } => tell(reply, error),
            Self::Check(reply) => tell(reply, error),
            Self::Present(_) | Self::Settle(_) => {}
        }
    }
}

/// Acts that are done together, and who waits for them.
#[derive(Default)]
pub(super) struct Group {
    pub acts: Vec<Act>,
    pub replies: Vec<Reply<Kept>>,
}

impl Group {
    pub(super) fn push(&mut self, act: Act, reply: Reply<Kept>) {
        self.acts.push(act);
        self.replies.push(reply);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.acts.is_empty()
    }

    /// Tells everybody that nothing came of it, and why.
    pub(super) fn refuse(self, error: &StoreError) {
        for reply in self.replies {
            reply.send(Err(error.clone())).ok();
        }
    }

    /// Tells everybody what became of it. Who does not wait any more need not know.
    pub(super) fn answer(self, kept: impl IntoIterator<Item = Kept>) {
        for (reply, kept) in self.replies.into_iter().zip(kept) {
            reply.send(Ok(kept)).ok();
        }
    }
}

/// Holds what can be kept nowhere at the moment, behind what waits already; nobody is told that it is
/// kept. Where too much waits, it is refused.
pub(super) fn hold(unkept: &mut VecDeque<Group>, group: Group) {
    let held: usize = unkept.iter().map(|group| group.acts.len()).sum();
    if held + group.acts.len() <= super::WAITING {
        unkept.push_back(group);
        return;
    }
    group.refuse(&StoreError::Busy {
        place: "the store".to_owned(),
    });
}

/// Until then; for ever where there is no such time.
pub(super) async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What comes next: acts in a row as one group, anything else alone and in its turn.
pub(super) enum Next {
    Group(Group),
    Other(Work),
}

/// Sorts what waited into groups, in its order.
pub(super) fn in_turn(waiting: Vec<Work>) -> Vec<Next> {
    let mut turns = Vec::new();
    let mut group = Group::default();
    for work in waiting {
        match work {
            Work::Act(act, reply) => {
                group.push(*act, reply);
                if group.acts.len() == GROUP {
                    turns.push(Next::Group(std::mem::take(&mut group)));
                }
            }
            other => {
                if !group.is_empty() {
                    turns.push(Next::Group(std::mem::take(&mut group)));
                }
                turns.push(Next::Other(other));
            }
        }
    }
    if !group.is_empty() {
        turns.push(Next::Group(group));
    }
    turns
}

/// All that waits, at least one thing; nothing when nobody will ask any more.
pub(super) async fn receive(receiver: &mut mpsc::Receiver<Work>) -> Option<Vec<Work>> {
    let mut waiting = Vec::new();
    (receiver.recv_many(&mut waiting, 2 * GROUP).await > 0).then_some(waiting)
}

/// Tells what there is to tell, and wakes whoever shows it.
pub(super) struct Tell {
    events: Sender<StoreEvent>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Tell {
    pub(super) fn new(events: Sender<StoreEvent>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { events, wake }
    }

    /// Waits where the other side is behind: nothing of it may be lost.
    pub(super) fn tell(&self, event: StoreEvent) {
        // Nobody listens any more when the program ends.
        self.events.send(event).ok();
        (self.wake)();
    }
}
