//! “I take it”: a claim about anything, won by exactly one.
//!
//! The record's identity is made from what it is about, so two seats that claim one thing in the same
//! second write one record, and the store takes one of them.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::request::{Request, RequestState};
use super::{By, Holder, Known, acts, duty, same_centre};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record};
use crate::model::id::Id;

/// The most characters of what a claim is about.
pub const LONGEST_ABOUT: usize = 200;

/// Who has something in hand. The record belongs to the centre whose thing it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What: `alarm:…`, `camera:…`, …
    pub about: String,
    /// Who of the centre has it; nobody when it was let go.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// The request of another centre that was granted.
    #[serde(default)]
    pub lent: Option<Lent>,
}

/// Granted to another centre.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    /// The request.
    pub request: Id,
    /// The centre that asked.
    pub centre: String,
    /// Who granted it.
    pub granted_by: Id,
    /// When.
    pub at: WallTime,
}

impl Record for Claim {
    const KIND: &'static str = "claim";
}

/// The identity of the claim about `about`.
pub fn id(about: &str) -> Id {
    duty::named(about)
}

/// Who has it now: the person of another centre when it was lent and taken over, else the holder.
pub fn who<'a>(claim: &'a Claim, requests: &'a [Kept<Request>]) -> Option<&'a Holder> {
    match taken_over(claim, requests) {
        Some(request) => Some(&request.value.asked_by),
        None => claim.holder.as_ref(),
    }
}

/// The request under which another centre has it.
fn taken_over<'a>(claim: &Claim, requests: &'a [Kept<Request>]) -> Option<&'a Kept<Request>> {
    let lent = claim.lent.as_ref()?;
    requests
        .iter()
        .find(|one| one.id == lent.request && one.value.state == RequestState::Taken)
}

/// Takes `about`, which belongs to the centre `owner`. `kept` is the claim when there is one.
///
/// A holder whose seat is gone does not stand in the way.
///
/// # Errors
/// Of another centre ([`ask`](super::request::ask) is the way then), held by somebody who is there,
/// held already, or lent.
pub fn claim(
    known: &Known<'_>,
    by: By<'_>,
    about: &str,
    owner: &str,
    kept: Option<&Kept<Claim>>,
    requests: &[Kept<Request>],
) -> Result<Draft, Refusal> {
    if by.centre != owner {
        return Err(Refusal::OtherCentre);
    }
    if about.is_empty() || about.chars().count() > LONGEST_ABOUT {
        return Err(Refusal::TooLong {
            most: LONGEST_ABOUT,
        });
    }
    let mut draft = Draft::new(acts::CLAIM_TAKEN).about(about);
    if let Some(kept) = kept {
        same_centre(by, kept)?;
        if may_be_taken(&kept.value, requests) {
            return Err(Refusal::Lent);
        }
        match &kept.value.holder {
            Some(holder) if holder.person == by.person && holder.seat == by.seat => {
                return Err(Refusal::AlreadyYours);
            }
            Some(holder) if holder.person != by.person => {
                if known.is_there(holder.person) {
                    return Err(Refusal::HeldByAnother);
                }
                draft = draft.with("from", holder.person.to_string());
            }
            _ => {}
        }
    }
    let value = Claim {
        about: about.to_owned(),
        holder: Some(Holder::new(by, known.now)),
        lent: None,
    };
    Ok(draft.put(id(about), kept.map_or(0, |kept| kept.version), &value))
}

/// Whether another centre has it or may still take it.
fn may_be_taken(claim: &Claim, requests: &[Kept<Request>]) -> bool {
    claim.lent.as_ref().is_some_and(|lent| {
        requests
            .iter()
            .find(|one| one.id == lent.request)
            .is_none_or(|one| matches!(one.value.state, RequestState::Asked | RequestState::Taken))
    })
}

/// Lets it go.
///
/// # Errors
/// When the person does not have it, or another centre does.
pub fn release(
    by: By<'_>,
    kept: &Kept<Claim>,
    requests: &[Kept<Request>],
) -> Result<Draft, Refusal> {
    same_centre(by, kept)?;
    if kept.value.holder.as_ref().map(|holder| holder.person) != Some(by.person) {
        return Err(Refusal::NotForYou);
    }
    if may_be_taken(&kept.value, requests) {
        return Err(Refusal::Lent);
    }
    let value = Claim {
        holder: None,
        lent: None,
        ..kept.value.clone()
    };
    Ok(Draft::new(acts::CLAIM_RELEASED)
        .about(&kept.value.about)
        .put(kept.id, kept.version, &value))
}

/// The owning centre takes back what it lent: it is the holder's again, or the one's who acts.
///
/// # Errors
/// When it is of another centre or not lent.
pub fn recall(known: &Known<'_>, by: By<'_>, kept: &Kept<Claim>) -> Result<Draft, Refusal> {
    same_centre(by, kept)?;
    let lent = kept.value.lent.as_ref().ok_or(Refusal::NotNow)?;
    let holder = kept.value.holder.clone();
    let value = Claim {
        holder: holder.or_else(|| Some(Holder::new(by, known.now))),
        lent: None,
        ..kept.value.clone()
    };
    Ok(Draft::new(acts::CLAIM_RECALLED)
        .about(&kept.value.about)
        .with("from-centre", lent.centre.as_str())
        .with("request", lent.request.to_string())
        .put(kept.id, kept.version, &value))
}

#[cfg(test)]
mod tests {
    use super::super::world::{CENTRE, World, id as number};
    use super::*;

    const ABOUT: &str = "alarm:7";

    fn take(world: &World, who: u64) -> Result<Draft, Refusal> {
        let kept = world.claims.first();
        claim(
            &world.known(),
            World::by(who),
            ABOUT,
            CENTRE,
            kept,
            &world.requests,
        )
    }

    #[test]
    fn of_ten_who_claim_at_once_exactly_one_wins() {
        for first in 0..10 {
            let mut world = World::new(0);
            let drafts: Vec<Draft> = (0..10)
                .map(|who| take(&world, (who + first) % 10).expect("free"))
                .collect();
            let won: Vec<bool> = drafts.iter().map(|draft| world.apply(draft)).collect();
            assert_eq!(won.iter().filter(|won| **won).count(), 1);
            let holder = who(&world.claims[0].value, &[]).expect("claimed");
            assert_eq!(holder.person, number(first));
        }
    }

    #[test]
    fn a_claim_is_let_go_by_its_holder_and_taken_again() {
        let mut world = World::new(0);
        let draft = take(&world, 1).expect("free");
        world.commit(&draft);
        world.stay(1);
        assert_eq!(take(&world, 1).err(), Some(Refusal::AlreadyYours));
        assert_eq!(take(&world, 2).err(), Some(Refusal::HeldByAnother));
        let other = release(World::by(2), &world.claims[0], &[]);
        assert_eq!(other.err(), Some(Refusal::NotForYou));
        let stale = take(&world, 3);
        let draft = release(World::by(1), &world.claims[0], &[]).expect("the holder");
        world.commit(&draft);
        assert_eq!(who(&world.claims[0].value, &[]), None);
        assert!(stale.is_err());
        let draft = take(&world, 2).expect("free again");
        world.commit(&draft);
        // The seat of 2 is gone: whoever answers takes it.
        world.stay(2);
        world.pass(15);
        let draft = take(&world, 3).expect("nobody is there");
        assert_eq!(draft.detail["from"], number(2).to_string());
        world.commit(&draft);
    }

    #[test]
    fn identities_follow_what_they_are_about() {
        assert_eq!(id(ABOUT), id(ABOUT));
        assert_ne!(id(ABOUT), id("alarm:8"));
        assert_eq!(&id(ABOUT).to_string()[14..15], "8");
        let world = World::new(0);
        let got = claim(
            &world.known(),
            World::by(1),
            &"x".repeat(201),
            CENTRE,
            None,
            &[],
        );
        assert_eq!(got.err(), Some(Refusal::TooLong { most: 200 }));
    }
}
