//! A store in memory for the tests of this part: versions are held as the real one holds them.

use super::claim::Claim;
use super::cover::Cover;
use super::duty::Duty;
use super::handover::Handover;
use super::post::{Post, Watched};
use super::presence::{Presence, SeatState};
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::{By, Known, Rules, after_secs};
use crate::base::clock::WallTime;
use crate::model::act::{Change, Draft, Kept, Record};
use crate::model::camera::{CameraId, Names};
use crate::model::id::Id;

/// The centre of the tests.
pub(super) const CENTRE: &str = "centre";
const SEATS: [&str; 10] = [
    "seat-0", "seat-1", "seat-2", "seat-3", "seat-4", "seat-5", "seat-6", "seat-7", "seat-8",
    "seat-9",
];

/// A small identity that reads as its number.
pub(super) fn id(number: u64) -> Id {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    Id::from_bytes(bytes)
}

/// The number of an [`id`].
pub(super) fn number(id: Id) -> u64 {
    id.bytes()[8..]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) posts: Vec<Kept<Post>>,
    pub(super) covers: Vec<Kept<Cover>>,
    pub(super) handovers: Vec<Kept<Handover>>,
    pub(super) claims: Vec<Kept<Claim>>,
    pub(super) requests: Vec<Kept<Request>>,
    pub(super) answers: Vec<Kept<Answer>>,
    pub(super) duties: Vec<Kept<Duty>>,
    pub(super) presences: Vec<Presence>,
    pub(super) now: WallTime,
    pub(super) rules: Rules,
    centre: String,
    seq: u64,
}

impl World {
    /// With posts 100, 101, … which nobody holds.
    pub(super) fn new(posts: u64) -> Self {
        let mut world = Self {
            posts: Vec::new(),
            covers: Vec::new(),
            handovers: Vec::new(),
            claims: Vec::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            duties: Vec::new(),
            presences: Vec::new(),
            now: WallTime::from_micros(1_800_000_000_000_000),
            rules: Rules::default(),
            centre: CENTRE.to_owned(),
            seq: 0,
        };
        for post in 100..100 + posts {
            world.add_post(post);
        }
        world
    }

    pub(super) fn add_post(&mut self, post: u64) {
        let camera = CameraId::new(format!("cam-{post}")).expect("an id");
        let value = Post {
            name: Names::same(format!("Post {post}")),
            cameras: vec![Watched {
                camera,
                shared: false,
            }],
            ..Post::default()
        };
        assert!(self.apply(&Draft::new("post-saved").put(id(post), 0, &value)));
    }

    /// Person `who` at the seat of the same number.
    pub(super) fn by(who: u64) -> By<'static> {
        By {
            person: id(who),
            seat: SEATS[who as usize],
            centre: CENTRE,
        }
    }

    /// The same at the second seat of that person; there are five who have one.
    pub(super) fn by_second(who: u64) -> By<'static> {
        By {
            seat: SEATS[who as usize + 5],
            ..Self::by(who)
        }
    }

    pub(super) fn known(&self) -> Known<'_> {
        Known {
            posts: &self.posts,
            covers: &self.covers,
            duties: &self.duties,
            presences: &self.presences,
            now: self.now,
            rules: self.rules,
        }
    }

    pub(super) fn holders(&self) -> Vec<Option<u64>> {
        let holder = |post: &Kept<Post>| post.value.holder.as_ref().map(|h| number(h.person));
        self.posts.iter().map(holder).collect()
    }

    /// Draws up an act on what is known and does it; both must succeed.
    pub(super) fn act(&mut self, draw: impl FnOnce(&Known<'_>) -> Result<Draft, Refusal>) {
        let draft = match draw(&self.known()) {
            Ok(draft) => draft,
            Err(refusal) => panic!("refused: {refusal}"),
        };
        self.commit(&draft);
    }

    /// Does a draft that must succeed.
    pub(super) fn commit(&mut self, draft: &Draft) {
        assert!(self.apply(draft), "conflict in {draft:?}");
    }

    /// The same as a seat of another centre does it.
    pub(super) fn commit_of(&mut self, centre: &str, draft: &Draft) {
        let own = std::mem::replace(&mut self.centre, centre.to_owned());
        self.commit(draft);
        self.centre = own;
    }

    /// Does an act wholly or not at all, as the store does. A record of another centre is refused.
    pub(super) fn apply(&mut self, draft: &Draft) -> bool {
        assert!(draft.changes.len() <= crate::model::act::MOST_CHANGES);
        let mut next = self.clone();
        next.seq += 1;
        let (seq, centre) = (next.seq, next.centre.clone());
        for change in &draft.changes {
            let done = match change.key.kind.as_str() {
                Post::KIND => put(&mut next.posts, change, seq, &centre),
                Cover::KIND => put(&mut next.covers, change, seq, &centre),
                Handover::KIND => put(&mut next.handovers, change, seq, &centre),
                Claim::KIND => put(&mut next.claims, change, seq, &centre),
                Request::KIND => put(&mut next.requests, change, seq, &centre),
                Duty::KIND => put(&mut next.duties, change, seq, &centre),
                Answer::KIND => put(&mut next.answers, change, seq, &centre),
                other => panic!("no such kind: {other}"),
            };
            if !done {
                return false;
            }
        }
        *self = next;
        true
    }

    /// Time passes; whoever does not [`stay`](Self::stay) afterwards is gone by and by.
    pub(super) fn pass(&mut self, secs: u32) {
        self.now = after_secs(self.now, secs);
    }

    /// Person `who` is at the own seat now and sees all posts that the person holds.
    pub(super) fn stay(&mut self, who: u64) {
        self.presences.retain(|one| one.seat != SEATS[who as usize]);
        let posts = self.known().held_by(id(who)).map(|post| post.id).collect();
        self.presences.push(Presence {
            seat: SEATS[who as usize].to_owned(),
            centre: CENTRE.to_owned(),
            person: Some(id(who)),
            posts,
            state: SeatState::Present,
            answers: Vec::new(),
            since: self.now,
            seen: self.now,
            without_break_secs: 0,
        });
    }
}

fn put<T: Record>(kept: &mut Vec<Kept<T>>, change: &Change, seq: u64, centre: &str) -> bool {
    let at = kept.iter().position(|one| one.id == change.key.id);
    let version = at.map_or(0, |at| kept[at].version);
    if version != change.expect || at.is_some_and(|at| kept[at].centre != centre) {
        return false;
    }
    let Some(body) = &change.body else {
        if let Some(at) = at {
            kept.remove(at);
        }
        return at.is_some();
    };
    let one = Kept {
        id: change.key.id,
        version: version + 1,
        seq,
        centre: centre.to_owned(),
        value: serde_json::from_str(body).expect("a body of its kind"),
    };
    match at {
        Some(at) => kept[at] = one,
        None => kept.push(one),
    }
    true
}
