//! Take-over from another centre: only by request, answered, and in the log of both (story R32).
//!
//! Each centre writes its own records only: who asks keeps the [`Request`], who owns keeps the
//! [`Answer`] and the [`Claim`]. Until the asking side takes it over, the owner's holder has it.

use serde::{Deserialize, Serialize};

use super::claim::{self, Claim, LONGEST_ABOUT, Lent};
use super::refusal::Refusal;
use super::{By, Holder, Known, acts, same_centre, written};
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept, Record};
use crate::model::id::Id;

/// The most characters of a reason.
pub const LONGEST_REASON: usize = 400;

/// How far a request is, on the side that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Asked.
    Asked,
    /// Granted, and taken over.
    Taken,
    /// Given back to the owner.
    GivenBack,
    /// Withdrawn before it was taken over.
    Withdrawn,
}

impl RequestState {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Asked => "request-asked",
            Self::Taken => "request-taken",
            Self::GivenBack => "request-given-back",
            Self::Withdrawn => "request-withdrawn",
        }
    }
}

/// A centre asks another for something. The record belongs to the centre that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What, as in the [`Claim`].
    pub about: String,
    /// The centre that owns it.
    pub owner: String,
    /// Who asks, at which seat, since when.
    pub asked_by: Holder,
    /// Why.
    pub reason: String,
    /// How far it is.
    pub state: RequestState,
    /// Since when.
    pub changed: WallTime,
    /// What was found, where it was given back with an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
}

/// What the centre that had taken something over found it to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The name of what was found, as the kind of thing has it.
    pub found: String,
    /// What was written beside it.
    #[serde(default)]
    pub note: String,
}

impl Record for Request {
    const KIND: &'static str = "claim-request";
}

/// The owner's answer; its identity is the request's, so there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether it was granted.
    pub granted: bool,
    /// Who answered.
    pub answered_by: Holder,
}

impl Record for Answer {
    const KIND: &'static str = "claim-answer";
}

/// Asks the centre `owner` for `about`. `id` is the new request's.
///
/// # Errors
/// When it is of the own centre, asked by this person already, or the reason is empty or too long.
pub fn ask(
    known: &Known<'_>,
    by: By<'_>,
    id: Id,
    about: &str,
    owner: &str,
    reason: &str,
    requests: &[Kept<Request>],
) -> Result<Draft, Refusal> {
    if by.centre == owner {
        return Err(Refusal::OwnCentre);
    }
    if about.is_empty() || about.chars().count() > LONGEST_ABOUT {
        return Err(Refusal::TooLong {
            most: LONGEST_ABOUT,
        });
    }
    let open = requests.iter().any(|one| {
        one.value.about == about
            && one.value.asked_by.person == by.person
            && one.value.state == RequestState::Asked
    });
    if open {
        return Err(Refusal::OfferOpen);
    }
    let request = Request {
        about: about.to_owned(),
        owner: owner.to_owned(),
        asked_by: Holder::new(by, known.now),
        reason: written(reason, LONGEST_REASON)?,
        state: RequestState::Asked,
        changed: known.now,
        found: None,
    };
    Ok(Draft::new(acts::CLAIM_ASKED)
        .about(about)
        .with("owner", owner)
        .with("reason", request.reason.as_str())
        .with("request", id.to_string())
        .put(id, 0, &request))
}

/// Takes the request back. One that was granted may be withdrawn too.
///
/// # Errors
/// When it is another person's or taken over already.
pub fn withdraw(known: &Known<'_>, by: By<'_>, kept: &Kept<Request>) -> Result<Draft, Refusal> {
    let state = RequestState::Withdrawn;
    own(by, kept, RequestState::Asked)?;
    Ok(changed(known, kept, acts::CLAIM_ASK_WITHDRAWN, state))
}

/// The owner grants: the asking person may take it over. `claim` is the owner's, when there is one.
///
/// # Errors
/// When it belongs to another centre, is no longer asked, or is lent to somebody else.
pub fn grant(
    known: &Known<'_>,
    by: By<'_>,
    request: &Kept<Request>,
    claim: Option<&Kept<Claim>>,
    requests: &[Kept<Request>],
) -> Result<Draft, Refusal> {
    let draft = answer(known, by, request, acts::CLAIM_GRANTED, true)?;
    let lent_to_another = claim
        .and_then(|claim| claim.value.lent.as_ref())
        .is_some_and(|lent| {
            lent.request != request.id
                && requests
                    .iter()
                    .find(|one| one.id == lent.request)
                    .is_none_or(|one| {
                        matches!(one.value.state, RequestState::Asked | RequestState::Taken)
                    })
        });
    if lent_to_another {
        return Err(Refusal::Lent);
    }
    if let Some(claim) = claim {
        same_centre(by, claim)?;
    }
    let value = Claim {
        about: request.value.about.clone(),
        holder: claim.and_then(|claim| claim.value.holder.clone()),
        lent: Some(Lent {
            request: request.id,
            centre: request.centre.clone(),
            granted_by: by.person,
            at: known.now,
        }),
    };
    let version = claim.map_or(0, |claim| claim.version);
    Ok(draft.put(claim::id(&request.value.about), version, &value))
}

/// The owner says no.
///
/// # Errors
/// When it belongs to another centre or is no longer asked.
pub fn deny(known: &Known<'_>, by: By<'_>, request: &Kept<Request>) -> Result<Draft, Refusal> {
    answer(known, by, request, acts::CLAIM_DENIED, false)
}

/// The asking person takes over what was granted.
///
/// # Errors
/// When it is another person's request, was not granted, or was recalled.
pub fn take_over(
    known: &Known<'_>,
    by: By<'_>,
    request: &Kept<Request>,
    claim: &Kept<Claim>,
) -> Result<Draft, Refusal> {
    own(by, request, RequestState::Asked)?;
    let lent = claim.value.lent.as_ref().map(|lent| lent.request);
    if lent != Some(request.id) || claim.value.about != request.value.about {
        return Err(Refusal::NotNow);
    }
    let draft = changed(known, request, acts::CLAIM_TAKEN_OVER, RequestState::Taken);
    Ok(match &claim.value.holder {
        Some(holder) => draft.with("from", holder.person.to_string()),
        None => draft,
    })
}

/// The asking side gives it back to its owner.
///
/// # Errors
/// When it is another person's request or was not taken over.
pub fn give_back(known: &Known<'_>, by: By<'_>, kept: &Kept<Request>) -> Result<Draft, Refusal> {
    own(by, kept, RequestState::Taken)?;
    let state = RequestState::GivenBack;
    Ok(changed(known, kept, acts::CLAIM_GIVEN_BACK, state))
}

/// Somebody of the asking centre, after a change of shifts perhaps another than who asked, gives it back,
/// with what was found.
///
/// # Errors
/// When it is of another centre or was not taken over.
pub fn finished(
    known: &Known<'_>,
    by: By<'_>,
    kept: &Kept<Request>,
    found: Option<Found>,
) -> Result<Draft, Refusal> {
    same_centre(by, kept)?;
    if kept.value.state != RequestState::Taken {
        return Err(Refusal::NotNow);
    }
    let state = RequestState::GivenBack;
    let with_found = Kept {
        id: kept.id,
        version: kept.version,
        seq: kept.seq,
        centre: kept.centre.clone(),
        value: Request {
            found,
            ..kept.value.clone()
        },
    };
    Ok(changed(known, &with_found, acts::CLAIM_GIVEN_BACK, state))
}

/// Requests to `centre` that wait for an answer.
pub fn waiting<'a>(
    requests: &'a [Kept<Request>],
    answers: &'a [Kept<Answer>],
    centre: &'a str,
) -> impl Iterator<Item = &'a Kept<Request>> {
    requests.iter().filter(move |one| {
        one.value.owner == centre
            && one.value.state == RequestState::Asked
            && answers.iter().all(|answer| answer.id != one.id)
    })
}

fn own(by: By<'_>, kept: &Kept<Request>, state: RequestState) -> Result<(), Refusal> {
    same_centre(by, kept)?;
    if kept.value.asked_by.person != by.person {
        return Err(Refusal::NotForYou);
    }
    if kept.value.state != state {
        return Err(Refusal::NotNow);
    }
    Ok(())
}

fn changed(known: &Known<'_>, kept: &Kept<Request>, kind: &str, state: RequestState) -> Draft {
    let value = Request {
        state,
        changed: known.now,
        ..kept.value.clone()
    };
    Draft::new(kind)
        .about(&value.about)
        .with("owner", value.owner.as_str())
        .with("request", kept.id.to_string())
        .put(kept.id, kept.version, &value)
}

fn answer(
    known: &Known<'_>,
    by: By<'_>,
    request: &Kept<Request>,
    kind: &str,
    granted: bool,
) -> Result<Draft, Refusal> {
    if by.centre != request.value.owner {
        return Err(Refusal::OtherCentre);
    }
    if request.value.state != RequestState::Asked {
        return Err(Refusal::NotNow);
    }
    let answer = Answer {
        granted,
        answered_by: Holder::new(by, known.now),
    };
    Ok(Draft::new(kind)
        .about(&request.value.about)
        .with("asked-by", request.value.asked_by.person.to_string())
        .with("to-centre", request.centre.as_str())
        .with("request", request.id.to_string())
        .put(request.id, 0, &answer))
}

#[cfg(test)]
mod tests {
    use super::super::claim::{claim, recall, release, who};
    use super::super::world::{CENTRE, World, id};
    use super::*;

    const ABOUT: &str = "alarm:7";
    const REQUEST: u64 = 300;

    fn city(who: u64) -> By<'static> {
        By {
            centre: "city",
            ..World::by(who)
        }
    }

    /// Person 1 of the district has it; person 5 of the city has asked for it.
    fn asked() -> World {
        let mut world = World::new(0);
        let draft = claim(&world.known(), World::by(1), ABOUT, CENTRE, None, &[]);
        world.commit(&draft.expect("free"));
        world.stay(1);
        let draft = ask(
            &world.known(),
            city(5),
            id(REQUEST),
            ABOUT,
            CENTRE,
            "a chase",
            &[],
        );
        world.commit_of("city", &draft.expect("another centre's"));
        world
    }

    fn granted() -> World {
        let mut world = asked();
        let draft = grant(
            &world.known(),
            World::by(2),
            &world.requests[0],
            world.claims.first(),
            &world.requests,
        );
        world.commit(&draft.expect("waits"));
        world
    }

    fn holder(world: &World) -> Option<Id> {
        who(&world.claims[0].value, &world.requests).map(|holder| holder.person)
    }

    #[test]
    fn another_centre_takes_over_only_what_was_asked_for_and_granted() {
        let mut world = asked();
        let known = world.known();
        let kept = world.claims.first();
        let direct = claim(&known, city(5), ABOUT, CENTRE, kept, &world.requests);
        assert_eq!(direct.err(), Some(Refusal::OtherCentre));
        let early = take_over(&known, city(5), &world.requests[0], &world.claims[0]);
        assert_eq!(early.err(), Some(Refusal::NotNow));
        let own = grant(&known, city(6), &world.requests[0], kept, &world.requests);
        assert_eq!(own.err(), Some(Refusal::OtherCentre));
        assert_eq!(waiting(&world.requests, &world.answers, CENTRE).count(), 1);
        assert_eq!(waiting(&world.requests, &world.answers, "city").count(), 0);

        world = granted();
        assert_eq!(waiting(&world.requests, &world.answers, CENTRE).count(), 0);
        assert_eq!(holder(&world), Some(id(1)), "until it is taken over");
        let known = world.known();
        let other = take_over(&known, city(6), &world.requests[0], &world.claims[0]);
        assert_eq!(other.err(), Some(Refusal::NotForYou));
        let draft = take_over(&known, city(5), &world.requests[0], &world.claims[0]);
        world.commit_of("city", &draft.expect("granted"));
        assert_eq!(holder(&world), Some(id(5)));
        let let_go = release(World::by(1), &world.claims[0], &world.requests);
        assert_eq!(let_go.err(), Some(Refusal::Lent));
    }

    #[test]
    fn what_was_taken_over_comes_back_both_ways() {
        let mut world = granted();
        let draft = take_over(
            &world.known(),
            city(5),
            &world.requests[0],
            &world.claims[0],
        );
        world.commit_of("city", &draft.expect("granted"));
        let mut recalled = world.clone();

        let draft = give_back(&world.known(), city(5), &world.requests[0]);
        world.commit_of("city", &draft.expect("taken"));
        assert_eq!(holder(&world), Some(id(1)));
        world.stay(1);
        let kept = world.claims.first();
        let draft = release(World::by(1), &world.claims[0], &world.requests);
        assert!(draft.is_ok() && kept.is_some());

        let draft = recall(&recalled.known(), World::by(2), &recalled.claims[0]);
        recalled.commit(&draft.expect("lent"));
        assert_eq!(holder(&recalled), Some(id(1)));
        let again = take_over(
            &recalled.known(),
            city(5),
            &recalled.requests[0],
            &recalled.claims[0],
        );
        assert_eq!(again.err(), Some(Refusal::NotNow));
    }

    #[test]
    fn a_request_is_answered_once() {
        let mut world = asked();
        let yes = grant(
            &world.known(),
            World::by(2),
            &world.requests[0],
            world.claims.first(),
            &world.requests,
        )
        .expect("waits");
        let no = deny(&world.known(), World::by(3), &world.requests[0]).expect("waits");
        assert!(world.apply(&no));
        assert!(!world.apply(&yes), "the other answer was first");
        assert_eq!(holder(&world), Some(id(1)));
        let early = take_over(
            &world.known(),
            city(5),
            &world.requests[0],
            &world.claims[0],
        );
        assert_eq!(early.err(), Some(Refusal::NotNow));
        let draft = withdraw(&world.known(), city(5), &world.requests[0]);
        world.commit_of("city", &draft.expect("still asked"));
        let late = deny(&world.known(), World::by(3), &world.requests[0]);
        assert_eq!(late.err(), Some(Refusal::NotNow));
    }

    #[test]
    fn one_centre_cannot_write_the_records_of_another() {
        let world = asked();
        let mut other = world.clone();
        let draft = deny(&world.known(), World::by(3), &world.requests[0]).expect("waits");
        assert!(draft.changes.iter().all(|change| change.expect == 0));
        let draft = withdraw(&world.known(), city(5), &world.requests[0]).expect("own");
        assert!(!other.apply(&draft), "as the owning centre");
    }
}
