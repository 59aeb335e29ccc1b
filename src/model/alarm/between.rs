//! An alarm between two centres (story R32): another centre asks for it, the owner lets it go there, the
//! other takes it over and gives it back with what was found. Both logs tell each step.
//!
//! A centre writes records of its own only. So an alarm that was taken over is two records: the owner's,
//! which stays open and makes no sound meanwhile, and a copy of the other centre, which answers it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Hand;
use super::acts::record_id;
use super::alarm::{Alarm, Passed, Past};
use super::class::Class;
use super::verdict::Judgement;
use crate::model::act::{Draft, Kept, Record as _};
use crate::model::id::Id;
use crate::model::shift::claim::{self, Claim};
use crate::model::shift::refusal::Refusal;
use crate::model::shift::request::{self, Answer, Found, Request, RequestState};
use crate::model::shift::{By, Known};

/// Where an alarm of another centre was taken over from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The centre that owns it.
    pub centre: String,
    /// Its number there.
    pub number: Id,
    /// By which request.
    pub request: Id,
}

/// How far it is; what matters most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The other centre has it.
    Taken,
    /// The other centre may take it over.
    Granted,
    /// The owner has not answered yet.
    Asked,
    /// The other centre gave it back.
    GivenBack,
    /// The owner took it back.
    Recalled,
    /// The owner keeps it.
    Kept,
}

impl Standing {
    /// Whether something is still to come of it.
    fn is_open(self) -> bool {
        matches!(self, Self::Taken | Self::Granted | Self::Asked)
    }
}

/// An alarm between two centres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// How far it is.
    pub standing: Standing,
    /// What was asked.
    pub request: Kept<Request>,
}

/// What is kept of what centres ask of each other.
#[derive(Clone, Copy, Debug)]
pub struct Papers<'a> {
    /// Of the owners: what they let go.
    pub claims: &'a [Kept<Claim>],
    /// Of those who ask.
    pub requests: &'a [Kept<Request>],
    /// Of the owners.
    pub answers: &'a [Kept<Answer>],
}

/// What a request and a claim about an alarm are about.
pub fn about(number: Id) -> String {
    format!("alarm:{number}")
}

impl<'a> Papers<'a> {
    /// How the open `alarms` stand between the centres, by number, as `centre` sees it: of its own, what
    /// others want of it; of others', what it wants itself.
    pub fn between(&self, alarms: &[Kept<Alarm>], centre: &str) -> BTreeMap<Id, Between> {
        if self.requests.is_empty() {
            return BTreeMap::new();
        }
        let mut asked: BTreeMap<&str, Vec<&Kept<Request>>> = BTreeMap::new();
        for request in self.requests {
            asked.entry(&request.value.about).or_default().push(request);
        }
        let of = |kept: &Kept<Alarm>| {
            let alarm = &kept.value;
            let number = alarm
                .origin
                .as_ref()
                .map_or(alarm.number, |from| from.number);
            let mine = |request: &Kept<Request>| match &alarm.origin {
                Some(origin) => request.id == origin.request,
                None => kept.centre == centre || request.centre == centre,
            };
            let all = asked.get(about(number).as_str())?.iter();
            let stand = all.filter(|request| mine(request)).filter_map(|request| {
                let standing = self.standing(request)?;
                Some((standing, *request))
            });
            let (standing, request) = stand.min_by_key(|(standing, request)| {
                let open = standing.is_open();
                // Of what is over the last one says how it is.
                let since = -request.value.changed.micros();
                (!open, open.then_some(*standing), since)
            })?;
            let request = request.clone();
            Some((alarm.number, Between { standing, request }))
        };
        alarms.iter().filter_map(of).collect()
    }

    /// How far a request is; nothing where it was withdrawn.
    fn standing(&self, request: &Kept<Request>) -> Option<Standing> {
        let claim = self.claim(&request.value.about);
        let lent = claim.and_then(|claim| claim.value.lent.as_ref());
        let lent = lent.is_some_and(|lent| lent.request == request.id);
        let answer = self.answers.iter().find(|answer| answer.id == request.id);
        match (
            request.value.state,
            answer.map(|answer| answer.value.granted),
        ) {
            (RequestState::Withdrawn, _) => None,
            (RequestState::GivenBack, _) => Some(Standing::GivenBack),
            (RequestState::Taken, _) if lent => Some(Standing::Taken),
            (RequestState::Asked, None) => Some(Standing::Asked),
            (RequestState::Asked, Some(true)) if lent => Some(Standing::Granted),
            (RequestState::Taken, _) | (RequestState::Asked, Some(true)) => {
                Some(Standing::Recalled)
            }
            (RequestState::Asked, Some(false)) => Some(Standing::Kept),
        }
    }

    fn claim(&self, about: &str) -> Option<&'a Kept<Claim>> {
        self.claims.iter().find(|kept| kept.value.about == about)
    }

    /// Asks the owner for an alarm. `id` is the new request's.
    ///
    /// # Errors
    /// It is of the own centre, this person asked already, or there is no reason.
    pub fn ask(
        &self,
        known: &Known<'_>,
        by: By<'_>,
        id: Id,
        alarm: &Kept<Alarm>,
        reason: &str,
    ) -> Result<Draft, Refusal> {
        let about = about(alarm.value.number);
        let draft = request::ask(known, by, id, &about, &alarm.centre, reason, self.requests)?;
        Ok(named(draft, &alarm.value))
    }

    /// The owner lets the other centre have it.
    ///
    /// # Errors
    /// It is of another centre, no longer asked for, or another has it.
    pub fn grant(
        &self,
        known: &Known<'_>,
        by: By<'_>,
        alarm: &Alarm,
        request: &Kept<Request>,
    ) -> Result<Draft, Refusal> {
        let claim = self.claim(&request.value.about);
        let draft = request::grant(known, by, request, claim, self.requests)?;
        Ok(named(draft, alarm))
    }

    /// The other centre takes over what was granted: it has a copy, which is of the number `number`.
    ///
    /// # Errors
    /// It was not granted, was taken back, or is somebody else's request.
    pub fn take(
        &self,
        known: &Known<'_>,
        by: By<'_>,
        alarm: &Kept<Alarm>,
        request: &Kept<Request>,
        number: Id,
    ) -> Result<Draft, Refusal> {
        let claim = self.claim(&request.value.about).ok_or(Refusal::NotNow)?;
        let draft = request::take_over(known, by, request, claim)?;
        let copy = copy(alarm, number, request.id, hand(known, by));
        let id = record_id(by.centre, &copy.key);
        Ok(named(draft, &copy)
            .with("alarm", number.to_string())
            .put(id, 0, &copy))
    }

    /// The owner takes it back.
    ///
    /// # Errors
    /// It is of another centre, or was not let go.
    pub fn recall(
        &self,
        known: &Known<'_>,
        by: By<'_>,
        alarm: &Alarm,
        request: &Kept<Request>,
    ) -> Result<Draft, Refusal> {
        let claim = self.claim(&request.value.about).ok_or(Refusal::NotNow)?;
        Ok(named(claim::recall(known, by, claim)?, alarm))
    }
}

/// The copy of whoever took it over. Its cause is told to the owner only, so the copy lasts until
/// somebody says what it is.
fn copy(kept: &Kept<Alarm>, number: Id, request: Id, by: Hand) -> Alarm {
    let alarm = &kept.value;
    Alarm {
        number,
        key: format!("{} {}", kept.centre, alarm.key),
        seat: by.seat.clone(),
        lasting: Vec::new(),
        acknowledged: Some(by.clone()),
        owner: Some(by),
        passed: None,
        span: None,
        latches: true,
        origin: Some(Origin {
            centre: kept.centre.clone(),
            number: alarm.number,
            request,
        }),
        ..alarm.clone()
    }
}

/// The other centre gives it back without an answer.
///
/// # Errors
/// It was not taken over, or the request is of another centre.
pub fn given_back(
    known: &Known<'_>,
    by: By<'_>,
    copy: &Kept<Alarm>,
    request: &Kept<Request>,
    class: Option<&Class>,
) -> Result<Draft, Refusal> {
    let draft = request::finished(known, by, request, None)?;
    let mut alarm = copy.value.clone();
    let to = alarm.origin.as_ref().ok_or(Refusal::NotNow)?.centre.clone();
    alarm.passed = Some(Passed {
        to,
        by: hand(known, by),
    });
    let number = alarm.number;
    let draft = named(draft, &alarm)
        .with("alarm", number.to_string())
        .remove::<Alarm>(copy.id, copy.version);
    Ok(draft.put(number, 0, &Past::new(alarm, known.now, class)))
}

/// The same act, which also gives the alarm back to its owner with what was found: where it is over
/// by that.
pub fn with_answer(
    draft: Draft,
    known: &Known<'_>,
    by: By<'_>,
    copy: &Alarm,
    requests: &[Kept<Request>],
    found: (Judgement, &str),
) -> Draft {
    let over = draft
        .changes
        .iter()
        .any(|change| change.key.kind == Past::KIND);
    let Some(origin) = copy.origin.as_ref().filter(|_| over) else {
        return draft;
    };
    let request = requests.iter().find(|one| one.id == origin.request);
    let found = Found {
        found: found.0.word().to_owned(),
        note: found.1.trim().to_owned(),
    };
    // One that was taken back meanwhile has nobody to be given to: what was found stands in the own log.
    let Some(Ok(given)) = request.map(|one| request::finished(known, by, one, Some(found))) else {
        return draft;
    };
    Draft {
        changes: draft.changes.into_iter().chain(given.changes).collect(),
        ..draft
    }
    .with("owner", origin.centre.as_str())
}

fn hand(known: &Known<'_>, by: By<'_>) -> Hand {
    Hand {
        person: Some(by.person),
        seat: by.seat.to_owned(),
        at: known.now,
    }
}

fn named(draft: Draft, alarm: &Alarm) -> Draft {
    let draft = draft.with("class", alarm.class.as_str());
    match &alarm.camera {
        Some(camera) => draft.with("camera", camera.as_str()),
        None => draft,
    }
}

#[cfg(test)]
mod tests;
