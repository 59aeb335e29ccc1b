//! Which seats are there, who sits at them, and who sees a post.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cover::CoverState;
use super::post::Post;
use super::{Known, Rules, between};
use crate::base::clock::WallTime;
use crate::model::act::Kept;
use crate::model::id::Id;

/// What a seat says of whoever sits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatState {
    /// Somebody is signed in and there.
    Present,
    /// On a break.
    OnBreak,
    /// Locked: the wall goes on, nobody is before it.
    Locked,
    /// Signed in, but elsewhere.
    Away,
}

impl SeatState {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Present => "seat-present",
            Self::OnBreak => "seat-on-break",
            Self::Locked => "seat-locked",
            Self::Away => "seat-away",
        }
    }
}

/// What a seat tells the others every few seconds. It is no record and leaves nothing in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The seat.
    pub seat: String,
    /// Its centre.
    pub centre: String,
    /// Who is signed in; nobody before somebody signs in.
    #[serde(default)]
    pub person: Option<Id>,
    /// The posts whose sets the seat shows.
    #[serde(default)]
    pub posts: Vec<Id>,
    /// What the person does.
    pub state: SeatState,
    /// The classes of alarms that the person may answer.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Since when it is in this state.
    pub since: WallTime,
    /// When it was last heard of, by the server's clock.
    pub seen: WallTime,
    /// How long the person watches without a break, seconds.
    #[serde(default)]
    pub without_break_secs: u32,
}

/// Whether a seat was not heard of for as long as the rules say. What was heard of it as much later than
/// now is of a clock that was set back since: nobody is there for that.
pub fn is_gone(presence: &Presence, now: WallTime, rules: Rules) -> bool {
    let apart = now.nanos_since(presence.seen).unsigned_abs();
    apart >= u64::from(rules.gone_secs) * 1_000_000_000
}

/// One seat in the roll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatNow {
    /// What it said last.
    pub presence: Presence,
    /// How long nothing was heard of it, when it is gone.
    pub gone: Option<Duration>,
}

/// Who is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    /// Each seat once, in the order of their names.
    pub seats: Vec<SeatNow>,
    /// Persons who are signed in at several seats that are there, with those seats.
    pub doubled: Vec<(Id, Vec<String>)>,
    /// How many seats are there with somebody before them.
    pub present: usize,
    /// How many seats are gone.
    pub gone: usize,
}

/// Calls the roll at `now`, by the server's clock.
pub fn roll(presences: &[Presence], now: WallTime, rules: Rules) -> Roll {
    let mut newest: BTreeMap<(&str, &str), &Presence> = BTreeMap::new();
    for presence in presences {
        let last = newest
            .entry((presence.centre.as_str(), presence.seat.as_str()))
            .or_insert(presence);
        if presence.seen > last.seen {
            *last = presence;
        }
    }
    let mut found = Roll::default();
    let mut sat: BTreeMap<Id, Vec<String>> = BTreeMap::new();
    for presence in newest.into_values() {
        let gone = is_gone(presence, now, rules).then(|| between(presence.seen, now));
        if gone.is_some() {
            found.gone += 1;
        } else if let Some(person) = presence.person {
            sat.entry(person).or_default().push(presence.seat.clone());
            found.present += usize::from(presence.state == SeatState::Present);
        }
        found.seats.push(SeatNow {
            presence: presence.clone(),
            gone,
        });
    }
    found.doubled = sat
        .into_iter()
        .filter(|(_, seats)| seats.len() > 1)
        .collect();
    found
}

/// Who sees a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nobody holds it.
    Free,
    /// Its holder is there and shows it.
    Seen,
    /// It has a holder, but nobody sees it.
    Nobody(Why),
}

/// Why nobody sees a post that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The holder's seat is not heard of.
    Gone,
    /// The holder is on a break.
    OnBreak,
    /// The seat is locked.
    Locked,
    /// The holder is elsewhere.
    Away,
    /// The holder is there, but shows something else.
    ShowsAnother,
}

impl Sight {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Free => "sight-free",
            Self::Seen => "sight-seen",
            Self::Nobody(Why::Gone) => "sight-gone",
            Self::Nobody(Why::OnBreak) => "sight-on-break",
            Self::Nobody(Why::Locked) => "sight-locked",
            Self::Nobody(Why::Away) => "sight-away",
            Self::Nobody(Why::ShowsAnother) => "sight-shows-another",
        }
    }
}

/// Who sees `post` now.
pub fn sight(known: &Known<'_>, post: &Kept<Post>) -> Sight {
    let Some(holder) = &post.value.holder else {
        return Sight::Free;
    };
    let at_seats: Vec<&Presence> = known
        .presences
        .iter()
        .filter(|one| one.person == Some(holder.person) && !known.is_gone(one))
        .collect();
    let before = |one: &&&Presence| one.state == SeatState::Present;
    if at_seats
        .iter()
        .filter(before)
        .any(|one| one.posts.contains(&post.id))
    {
        return Sight::Seen;
    }
    Sight::Nobody(match at_seats.iter().map(|one| one.state).min() {
        None => Why::Gone,
        Some(SeatState::Present) => Why::ShowsAnother,
        Some(SeatState::OnBreak) => Why::OnBreak,
        Some(SeatState::Locked) => Why::Locked,
        Some(SeatState::Away) => Why::Away,
    })
}

/// One line of the board of posts: who is where, how long without a break, and who covers (R41).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRow {
    /// The post.
    pub post: Id,
    /// Who holds it, and for how long.
    pub holder: Option<(Id, Duration)>,
    /// Who sees it.
    pub sight: Sight,
    /// How long the holder watches without a break.
    pub without_break: Duration,
    /// For whom the holder stands in, the cover, and for how long.
    pub stands_in_for: Option<(Id, Id, Duration)>,
    /// Whether the post was asked back and the holder has yet to confirm.
    pub asked_back: bool,
    /// Whom the holder has asked for a break, when no answer came yet, and the cover.
    pub offered_to: Option<(Id, Id)>,
}

/// The board of all posts, in the order in which they are known.
pub fn board(known: &Known<'_>) -> Vec<PostRow> {
    known
        .posts
        .iter()
        .map(|post| {
            let holder = post.value.holder.as_ref();
            let person = holder.map(|holder| holder.person);
            let cover = known.cover_of(post.id);
            let without_break_secs = known
                .presences
                .iter()
                .filter(|one| person.is_some() && one.person == person && !known.is_gone(one))
                .map(|one| one.without_break_secs)
                .max();
            PostRow {
                post: post.id,
                holder: holder.map(|one| (one.person, between(one.since, known.now))),
                sight: sight(known, post),
                without_break: Duration::from_secs(without_break_secs.unwrap_or(0).into()),
                stands_in_for: cover.map(|one| {
                    let began = one.value.began.unwrap_or(known.now);
                    (one.value.giver, one.id, between(began, known.now))
                }),
                asked_back: cover.is_some_and(|one| one.value.state == CoverState::AskedBack),
                offered_to: person
                    .and_then(|person| known.offer_of(person))
                    .filter(|one| one.value.posts.contains(&post.id))
                    .map(|one| (one.value.taker, one.id)),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::world::{World, id};
    use super::super::{cover, post};
    use super::*;

    #[test]
    fn the_roll_tells_who_is_there_gone_and_at_two_seats() {
        let mut world = World::new(1);
        world.stay(1);
        world.stay(2);
        let mut again = world.presences[0].clone();
        again.seat = "seat-7".to_owned();
        world.presences.push(again);
        let mut stale = world.presences[1].clone();
        stale.seen = WallTime(0);
        world.presences.push(stale);
        let mut empty = world.presences[1].clone();
        (empty.seat, empty.person) = ("seat-8".to_owned(), None);
        world.presences.push(empty);
        let called = roll(&world.presences, world.now, world.rules);
        assert_eq!((called.seats.len(), called.present, called.gone), (4, 3, 0));
        let seats = ["seat-1".to_owned(), "seat-7".to_owned()];
        assert_eq!(called.doubled, [(id(1), seats.into())]);

        world.pass(15);
        world.stay(2);
        let called = roll(&world.presences, world.now, world.rules);
        assert_eq!((called.present, called.gone), (1, 3));
        assert_eq!(called.doubled, []);
        assert_eq!(called.seats[0].gone, Some(Duration::from_secs(15)));
        // A seat whose last word comes from a little later than now is there, for clocks differ; a clock
        // that was set back makes nobody be there for longer.
        let of_2 = |now: WallTime| {
            let called = roll(&world.presences, now, world.rules);
            let mut seats = called.seats.into_iter();
            let seat = seats.find(|one| one.presence.seat == "seat-2");
            seat.map(|seat| seat.gone.is_some())
        };
        assert_eq!(of_2(world.now.plus_nanos(-14_000_000_000)), Some(false));
        assert_eq!(of_2(world.now.plus_nanos(-3_600_000_000_000)), Some(true));
    }

    #[test]
    fn a_post_is_seen_only_by_its_holder_who_is_there_and_shows_it() {
        let mut world = World::new(1);
        let check =
            |world: &World, expect| assert_eq!(sight(&world.known(), &world.posts[0]), expect);
        check(&world, Sight::Free);
        world.act(|known| post::take(known, World::by(1), id(100)));
        check(&world, Sight::Nobody(Why::Gone));
        world.stay(1);
        check(&world, Sight::Seen);
        for (state, why) in [
            (SeatState::OnBreak, Why::OnBreak),
            (SeatState::Locked, Why::Locked),
            (SeatState::Away, Why::Away),
        ] {
            world.presences[0].state = state;
            check(&world, Sight::Nobody(why));
        }
        world.stay(1);
        world.presences[0].posts.clear();
        check(&world, Sight::Nobody(Why::ShowsAnother));
        world.stay(1);
        world.pass(15);
        check(&world, Sight::Nobody(Why::Gone));
    }

    #[test]
    fn the_board_shows_who_stands_in_and_when_nobody_sees() {
        let mut world = World::new(2);
        world.act(|known| post::take(known, World::by(1), id(100)));
        world.act(|known| post::take(known, World::by(2), id(101)));
        world.act(|known| cover::offer(known, World::by(1), id(200), id(2)));
        assert_eq!(board(&world.known())[0].offered_to, Some((id(2), id(200))));
        world.act(|known| cover::accept(known, World::by(2), id(200)));
        world.pass(60);
        world.stay(2);
        world.presences[0].without_break_secs = 1800;
        let row = board(&world.known())[0].clone();
        assert_eq!(row.holder, Some((id(2), Duration::from_secs(60))));
        assert_eq!(row.sight, Sight::Seen);
        assert_eq!(row.without_break, Duration::from_secs(1800));
        assert_eq!(
            row.stands_in_for,
            Some((id(1), id(200), Duration::from_secs(60)))
        );
        world.pass(15);
        world.stay(1);
        world.presences[1].state = SeatState::OnBreak;
        world.act(|known| cover::lost(known, id(200)));
        assert_eq!(
            board(&world.known())[0].sight,
            Sight::Nobody(Why::OnBreak),
            "it is the giver's again, who does not see it yet"
        );
        world.stay(1);
        assert_eq!(board(&world.known())[0].sight, Sight::Seen);
    }
}
