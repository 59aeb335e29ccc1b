//! Breaks: a colleague stands in, and a set is never without a holder.
//!
//! ```text
//!            ┌─► refused, withdrawn, expired
//! offered ───┤
//!            └─► running ──► asked back ──► returned
//!                   └───────────┴─► lost (the colleague is gone), kept (the other is gone)
//! ```
//!
//! Until the colleague accepts, the giver holds the posts; from then on the colleague, who confirms
//! the return too. A cover takes all posts of the giver, and whoever stands in for somebody takes no
//! break: nobody holds a post while on a break.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{By, Holder, Known, acts, after_secs, duty, same_centre};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record};
use crate::model::id::Id;

/// How far a cover is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CoverState {
    /// The colleague is asked.
    Offered,
    /// The colleague has the posts.
    Running,
    /// The giver is back and the colleague has yet to confirm.
    AskedBack,
    /// The giver has the posts again.
    Returned,
    /// The colleague said no.
    Refused,
    /// The giver changed his mind.
    Withdrawn,
    /// The colleague did not answer.
    Expired,
    /// The colleague's seat was gone; the giver has the posts again.
    Lost,
    /// The giver was gone; the posts are the colleague's for good.
    Kept,
}

impl CoverState {
    /// Whether the colleague has the posts.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::AskedBack)
    }

    /// Whether something may still happen.
    pub fn is_open(self) -> bool {
        self == Self::Offered || self.is_running()
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Offered => "cover-offered",
            Self::Running => "cover-running",
            Self::AskedBack => "cover-asked-back",
            Self::Returned => "cover-returned",
            Self::Refused => "cover-refused",
            Self::Withdrawn => "cover-withdrawn",
            Self::Expired => "cover-expired",
            Self::Lost => "cover-lost",
            Self::Kept => "cover-kept",
        }
    }
}

/// One break: who goes, who stands in, for which posts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Who takes the break.
    pub giver: Id,
    /// At which seat the giver sat last.
    pub giver_seat: String,
    /// Who stands in.
    pub taker: Id,
    /// At which seat; empty before the answer.
    #[serde(default)]
    pub taker_seat: String,
    /// The posts.
    pub posts: Vec<Id>,
    /// How far it is.
    pub state: CoverState,
    /// When it was offered.
    pub offered: WallTime,
    /// Until when the offer stands.
    pub until: WallTime,
    /// When the colleague took the posts.
    #[serde(default)]
    pub began: Option<WallTime>,
    /// When they were asked back.
    #[serde(default)]
    pub asked_back: Option<WallTime>,
    /// When it was over, in whichever way.
    #[serde(default)]
    pub ended: Option<WallTime>,
}

impl Cover {
    /// Whether the offer stands at `now`. One that was made so much later than that is of a clock that was
    /// set back since, and stands no longer.
    pub fn stands(&self, now: WallTime) -> bool {
        let length = self.until.nanos_since(self.offered);
        now < self.until && self.offered.nanos_since(now) < length
    }
}

impl Record for Cover {
    const KIND: &'static str = "cover";
}

/// What somebody is to be told about a cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which cover.
    pub cover: Id,
    /// The other person of it.
    pub other: Id,
    /// The key of the words; they name the other as `$name`.
    pub word: &'static str,
    /// Whether an answer is waited for.
    pub asks: bool,
}

/// Asks `to` to stand in for all that the person who acts holds. `id` is the new cover's.
///
/// # Errors
/// When the person holds nothing, stands in for somebody or has an offer open; when `to` is the same
/// person or on a break.
pub fn offer(known: &Known<'_>, by: By<'_>, id: Id, to: Id) -> Result<Draft, Refusal> {
    let posts: Vec<Id> = known.held_by(by.person).map(|post| post.id).collect();
    if posts.is_empty() {
        return Err(Refusal::NotHolder);
    }
    for post in known.held_by(by.person) {
        same_centre(by, post)?;
    }
    if to == by.person {
        return Err(Refusal::Yourself);
    }
    if known.covered_by(by.person).next().is_some() {
        return Err(Refusal::CoversOthers);
    }
    if known.offer_of(by.person).is_some() {
        return Err(Refusal::OfferOpen);
    }
    if known.break_of(to).is_some() {
        return Err(Refusal::TheyAreOnBreak);
    }
    let cover = Cover {
        giver: by.person,
        giver_seat: by.seat.to_owned(),
        taker: to,
        taker_seat: String::new(),
        posts,
        state: CoverState::Offered,
        offered: known.now,
        until: after_secs(known.now, known.rules.offer_secs),
        began: None,
        asked_back: None,
        ended: None,
    };
    let draft = draft(acts::COVER_OFFERED, id, &cover).put(id, 0, &cover);
    Ok(duty::moving(known, draft, by.centre, by.person))
}

/// The colleague accepts: from now on the posts are the colleague's.
///
/// # Errors
/// When it is not for this person, not open or expired; when what the giver holds has changed; when
/// the person is on a break, has an offer open or would hold too many posts.
pub fn accept(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = open_for(known, by, id, by.person)?;
    let cover = &kept.value;
    if cover.state != CoverState::Offered {
        return Err(Refusal::NotNow);
    }
    if !cover.stands(known.now) {
        return Err(Refusal::Expired);
    }
    if known.break_of(by.person).is_some() {
        return Err(Refusal::OnBreak);
    }
    if known.offer_of(by.person).is_some() {
        return Err(Refusal::OfferOpen);
    }
    let held: Vec<Id> = known.held_by(cover.giver).map(|post| post.id).collect();
    let same = held.len() == cover.posts.len() && held.iter().all(|id| cover.posts.contains(id));
    if !same || known.covered_by(cover.giver).next().is_some() {
        return Err(Refusal::Changed);
    }
    known.room_for(by.person, held.len())?;
    let value = Cover {
        state: CoverState::Running,
        taker_seat: by.seat.to_owned(),
        began: Some(known.now),
        ..cover.clone()
    };
    let draft = draft(acts::COVER_ACCEPTED, id, &value).put(id, kept.version, &value);
    let draft = moved(known, draft, &value.posts, &Holder::new(by, known.now))?;
    Ok(both(known, draft, kept))
}

/// The colleague says no.
///
/// # Errors
/// When it is not for this person or not open.
pub fn refuse(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = open_for(known, by, id, by.person)?;
    closed_offer(known, kept, acts::COVER_REFUSED, CoverState::Refused)
}

/// The giver takes the offer back.
///
/// # Errors
/// When it is another's or not open.
pub fn withdraw(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = known.cover(id)?;
    same_centre(by, kept)?;
    if kept.value.giver != by.person {
        return Err(Refusal::NotForYou);
    }
    closed_offer(known, kept, acts::COVER_WITHDRAWN, CoverState::Withdrawn)
}

/// The program closes an offer that nobody answered.
///
/// # Errors
/// When it is not open or still stands.
pub fn expire(known: &Known<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = known.cover(id)?;
    if kept.value.state == CoverState::Offered && kept.value.stands(known.now) {
        return Err(Refusal::StillStands);
    }
    closed_offer(known, kept, acts::COVER_EXPIRED, CoverState::Expired)
}

/// The giver is back and asks for the posts; the colleague holds them until the confirmation.
///
/// # Errors
/// When it is another's cover or does not run.
pub fn ask_back(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = known.cover(id)?;
    same_centre(by, kept)?;
    if kept.value.giver != by.person {
        return Err(Refusal::NotForYou);
    }
    if kept.value.state != CoverState::Running {
        return Err(Refusal::NotNow);
    }
    let value = Cover {
        state: CoverState::AskedBack,
        giver_seat: by.seat.to_owned(),
        asked_back: Some(known.now),
        ..kept.value.clone()
    };
    Ok(draft(acts::COVER_ASKED_BACK, id, &value).put(id, kept.version, &value))
}

/// The colleague confirms the return: the posts are the giver's again.
///
/// # Errors
/// When it is not for this person, was not asked back, or the giver is not there to see them.
pub fn give_back(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = open_for(known, by, id, by.person)?;
    if kept.value.state != CoverState::AskedBack {
        return Err(Refusal::NotNow);
    }
    if !known.is_there(kept.value.giver) {
        return Err(Refusal::NotThere);
    }
    returned(known, kept, acts::COVER_RETURNED, CoverState::Returned)
}

/// The colleague's seat is gone: the posts go back to the giver at once, who is told. Whichever seat
/// sees it first does this.
///
/// # Errors
/// When it does not run, or the colleague is there.
pub fn lost(known: &Known<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = known.cover(id)?;
    if !kept.value.state.is_running() {
        return Err(Refusal::NotNow);
    }
    if known.is_there(kept.value.taker) {
        return Err(Refusal::StillThere);
    }
    returned(known, kept, acts::COVER_LOST, CoverState::Lost)
}

/// The giver is gone and does not come back: the colleague keeps the posts.
///
/// # Errors
/// When it is not for this person, does not run, or the giver is there.
pub fn keep(known: &Known<'_>, by: By<'_>, id: Id) -> Result<Draft, Refusal> {
    let kept = open_for(known, by, id, by.person)?;
    if !kept.value.state.is_running() {
        return Err(Refusal::NotNow);
    }
    if known.is_there(kept.value.giver) {
        return Err(Refusal::StillThere);
    }
    let value = ended(known, kept, CoverState::Kept);
    let draft = draft(acts::COVER_KEPT, id, &value).put(id, kept.version, &value);
    Ok(both(known, draft, kept))
}

/// What `person` is to be told now. An end is told for as long as an offer stands.
pub fn notices(known: &Known<'_>, person: Id) -> Vec<Notice> {
    let fresh = |at: Option<WallTime>| {
        let most = u64::from(known.rules.offer_secs) * 1_000_000_000;
        at.is_some_and(|at| known.now.nanos_since(at).unsigned_abs() < most)
    };
    let told = |kept: &Kept<Cover>| {
        let cover = &kept.value;
        let (word, asks, other) = match cover.state {
            CoverState::Offered if cover.taker == person && cover.stands(known.now) => {
                ("notice-cover-offered", true, cover.giver)
            }
            CoverState::AskedBack if cover.taker == person => {
                ("notice-cover-asked-back", true, cover.giver)
            }
            _ if cover.giver != person => return None,
            CoverState::Running if cover.began.is_some_and(|at| fresh(Some(at))) => {
                ("notice-cover-accepted", false, cover.taker)
            }
            CoverState::Refused if fresh(cover.ended) => {
                ("notice-cover-refused", false, cover.taker)
            }
            CoverState::Expired if fresh(cover.ended) => {
                ("notice-cover-expired", false, cover.taker)
            }
            CoverState::Returned if fresh(cover.ended) => {
                ("notice-cover-returned", false, cover.taker)
            }
            CoverState::Lost if fresh(cover.ended) => ("notice-cover-lost", false, cover.taker),
            CoverState::Kept if fresh(cover.ended) => ("notice-cover-kept", false, cover.taker),
            _ => return None,
        };
        Some(Notice {
            cover: kept.id,
            other,
            word,
            asks,
        })
    };
    known.covers.iter().filter_map(told).collect()
}

/// The offer of `person` withdrawn within another act.
pub(super) fn withdrawn(known: &Known<'_>, draft: Draft, person: Id) -> Draft {
    known
        .covers
        .iter()
        .filter(|cover| cover.value.state == CoverState::Offered && cover.value.giver == person)
        .fold(draft, |draft, cover| {
            let value = ended(known, cover, CoverState::Withdrawn);
            draft.put(cover.id, cover.version, &value)
        })
}

fn draft(kind: &str, id: Id, cover: &Cover) -> Draft {
    let posts: Vec<String> = cover.posts.iter().map(ToString::to_string).collect();
    Draft::new(kind)
        .about(id)
        .with("giver", cover.giver.to_string())
        .with("taker", cover.taker.to_string())
        .with("posts", posts)
}

/// The cover `id`, when `person` is the colleague in it.
fn open_for<'a>(
    known: &Known<'a>,
    by: By<'_>,
    id: Id,
    person: Id,
) -> Result<&'a Kept<Cover>, Refusal> {
    let kept = known.cover(id)?;
    same_centre(by, kept)?;
    if kept.value.taker == person {
        Ok(kept)
    } else {
        Err(Refusal::NotForYou)
    }
}

fn ended(known: &Known<'_>, kept: &Kept<Cover>, state: CoverState) -> Cover {
    Cover {
        state,
        ended: Some(known.now),
        ..kept.value.clone()
    }
}

fn closed_offer(
    known: &Known<'_>,
    kept: &Kept<Cover>,
    kind: &str,
    state: CoverState,
) -> Result<Draft, Refusal> {
    if kept.value.state != CoverState::Offered {
        return Err(Refusal::NotNow);
    }
    let value = ended(known, kept, state);
    Ok(draft(kind, kept.id, &value).put(kept.id, kept.version, &value))
}

fn returned(
    known: &Known<'_>,
    kept: &Kept<Cover>,
    kind: &str,
    state: CoverState,
) -> Result<Draft, Refusal> {
    let value = ended(known, kept, state);
    let draft = draft(kind, kept.id, &value).put(kept.id, kept.version, &value);
    let giver = Holder {
        person: value.giver,
        seat: value.giver_seat.clone(),
        since: known.now,
    };
    let draft = moved(known, draft, &value.posts, &giver)?;
    Ok(both(known, draft, kept))
}

/// The draft with the duties of both persons of a cover moved on.
fn both(known: &Known<'_>, draft: Draft, kept: &Kept<Cover>) -> Draft {
    let draft = duty::moving(known, draft, &kept.centre, kept.value.giver);
    duty::moving(known, draft, &kept.centre, kept.value.taker)
}

/// The posts `ids` given to `holder`.
pub(super) fn moved(
    known: &Known<'_>,
    draft: Draft,
    ids: &[Id],
    holder: &Holder,
) -> Result<Draft, Refusal> {
    ids.iter().try_fold(draft, |draft, id| {
        let post = known.post(*id)?;
        Ok(draft.put(*id, post.version, &post.value.with(holder.clone())))
    })
}

#[cfg(test)]
mod tests {
    use super::super::post;
    use super::super::world::{World, id};
    use super::*;

    const COVER: u64 = 200;

    /// Persons 1 and 2 hold posts 100 and 101; person 3 holds nothing.
    fn two_posts() -> World {
        let mut world = World::new(2);
        world.act(|known| post::take(known, World::by(1), id(100)));
        world.act(|known| post::take(known, World::by(2), id(101)));
        for person in 1..=3 {
            world.stay(person);
        }
        world
    }

    fn covered() -> World {
        let mut world = two_posts();
        world.act(|known| offer(known, World::by(1), id(COVER), id(2)));
        world.act(|known| accept(known, World::by(2), id(COVER)));
        world
    }

    #[test]
    fn a_break_goes_out_and_comes_back_with_both_confirmations() {
        let mut world = two_posts();
        world.act(|known| offer(known, World::by(1), id(COVER), id(2)));
        assert_eq!(
            world.holders(),
            [Some(1), Some(2)],
            "an offer moves nothing"
        );
        assert_eq!(
            notices(&world.known(), id(2))[0].word,
            "notice-cover-offered"
        );
        world.act(|known| accept(known, World::by(2), id(COVER)));
        assert_eq!(
            world.holders(),
            [Some(2), Some(2)],
            "both sets are the colleague's"
        );
        let early = give_back(&world.known(), World::by(2), id(COVER));
        assert_eq!(early.err(), Some(Refusal::NotNow));
        world.act(|known| ask_back(known, World::by(1), id(COVER)));
        assert_eq!(
            world.holders(),
            [Some(2), Some(2)],
            "until the colleague confirms"
        );
        assert!(notices(&world.known(), id(2))[0].asks);
        let alone = give_back(&world.known(), World::by(1), id(COVER));
        assert_eq!(alone.err(), Some(Refusal::NotForYou));
        world.act(|known| give_back(known, World::by(2), id(COVER)));
        assert_eq!(world.holders(), [Some(1), Some(2)]);
        assert_eq!(world.covers[0].value.state, CoverState::Returned);
    }

    #[test]
    fn an_offer_stands_no_longer_when_the_clock_is_set_back() {
        let mut world = two_posts();
        world.act(|known| offer(known, World::by(1), id(COVER), id(2)));
        let offered = world.now;
        world.now = offered.plus_nanos(-3_600_000_000_000);
        let late = accept(&world.known(), World::by(2), id(COVER));
        assert_eq!(late.err(), Some(Refusal::Expired));
        assert!(notices(&world.known(), id(2)).is_empty());
        assert_eq!(world.known().offer_of(id(1)).map(|kept| kept.id), None);
        assert!(expire(&world.known(), id(COVER)).is_ok());
        world.now = offered.plus_nanos(-60_000_000_000);
        assert!(accept(&world.known(), World::by(2), id(COVER)).is_ok());
    }

    #[test]
    fn an_offer_ends_in_every_way_without_moving_anything() {
        let check = |end: &dyn Fn(&Known<'_>) -> Result<Draft, Refusal>, state: CoverState| {
            let mut world = two_posts();
            world.act(|known| offer(known, World::by(1), id(COVER), id(2)));
            if state == CoverState::Expired {
                let early = end(&world.known());
                assert_eq!(early.err(), Some(Refusal::StillStands));
                world.pass(600);
                let late = accept(&world.known(), World::by(2), id(COVER));
                assert_eq!(late.err(), Some(Refusal::Expired));
            }
            world.act(end);
            assert_eq!(world.covers[0].value.state, state);
            assert_eq!(world.holders(), [Some(1), Some(2)]);
            assert!(accept(&world.known(), World::by(2), id(COVER)).is_err());
        };
        check(
            &|known| refuse(known, World::by(2), id(COVER)),
            CoverState::Refused,
        );
        check(
            &|known| withdraw(known, World::by(1), id(COVER)),
            CoverState::Withdrawn,
        );
        check(&|known| expire(known, id(COVER)), CoverState::Expired);
    }

    #[test]
    fn a_colleague_whose_seat_disappears_loses_the_cover() {
        let mut world = covered();
        assert_eq!(
            lost(&world.known(), id(COVER)).err(),
            Some(Refusal::StillThere)
        );
        world.pass(15);
        world.stay(1);
        world.act(|known| lost(known, id(COVER)));
        assert_eq!(world.holders(), [Some(1), Some(2)]);
        let told = notices(&world.known(), id(1));
        assert_eq!((told[0].word, told[0].other), ("notice-cover-lost", id(2)));
        world.pass(600);
        assert_eq!(notices(&world.known(), id(1)), []);
    }

    #[test]
    fn a_set_is_not_given_back_to_nobody() {
        let mut world = covered();
        world.act(|known| ask_back(known, World::by(1), id(COVER)));
        world.pass(15);
        world.stay(2);
        let empty = give_back(&world.known(), World::by(2), id(COVER));
        assert_eq!(empty.err(), Some(Refusal::NotThere));
        world.act(|known| keep(known, World::by(2), id(COVER)));
        assert_eq!(world.holders(), [Some(2), Some(2)]);
        assert_eq!(world.known().break_of(id(1)), None);
    }

    #[test]
    fn whoever_stands_in_takes_no_break_and_whoever_is_on_a_break_takes_no_post() {
        let mut world = covered();
        let known = world.known();
        let check = |got: Result<Draft, Refusal>, expect: Refusal| {
            assert_eq!(got.err(), Some(expect));
        };
        check(
            offer(&known, World::by(2), id(201), id(3)),
            Refusal::CoversOthers,
        );
        check(
            offer(&known, World::by(1), id(201), id(3)),
            Refusal::NotHolder,
        );
        check(
            offer(&known, World::by(3), id(201), id(1)),
            Refusal::NotHolder,
        );
        check(post::take(&known, World::by(3), id(100)), Refusal::Covered);
        check(
            post::stand_down(&known, World::by(9), id(100)),
            Refusal::Covered,
        );
        world.add_post(102);
        let known = world.known();
        check(post::take(&known, World::by(1), id(102)), Refusal::OnBreak);
        world.act(|known| post::take(known, World::by(3), id(102)));
        let known = world.known();
        check(
            offer(&known, World::by(3), id(201), id(1)),
            Refusal::TheyAreOnBreak,
        );
        check(
            offer(&known, World::by(3), id(201), id(3)),
            Refusal::Yourself,
        );
    }

    #[test]
    fn two_acceptances_that_would_leave_a_set_meet_in_one_record() {
        // 1 asks 2, and 2 asks 3. If both were taken, 2 would be on a break with the set of 1.
        let mut world = two_posts();
        world.act(|known| offer(known, World::by(1), id(COVER), id(2)));
        let before = world.clone();
        world.act(|known| offer(known, World::by(2), id(201), id(3)));
        let first = accept(&before.known(), World::by(2), id(COVER)).expect("2 does not know yet");
        let second = accept(&world.known(), World::by(3), id(201)).expect("all is as offered");
        let mut other = world.clone();
        assert!(world.apply(&second) && !world.apply(&first));
        assert!(
            !other.apply(&first),
            "the offer itself moved the version on"
        );
        assert!(other.apply(&second));
    }
}
