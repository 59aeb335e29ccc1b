//! Alarms between this centre and another: what somebody wants, as acts.

use super::super::super::alarms::Across;
use super::super::super::state::State;
use crate::base::clock::WallTime;
use crate::model::act::{Draft, Kept};
use crate::model::alarm::acts::Deed;
use crate::model::alarm::alarm::Alarm;
use crate::model::alarm::between::{self, Papers};
use crate::model::id::Id;
use crate::model::shift::refusal::Refusal;
use crate::model::shift::request;
use crate::store::database::new_id;

fn papers(state: &State) -> Papers<'_> {
    let records = &state.seat.records;
    Papers {
        claims: &records.claims,
        requests: &records.requests,
        answers: &records.answers,
    }
}

fn alarm(state: &State, number: Id) -> Result<&Kept<Alarm>, Refusal> {
    let shown = state.alarm(number).ok_or(Refusal::Unknown)?;
    state.seat.records.recorded(shown.id).ok_or(Refusal::NotNow)
}

/// Asks another centre for an alarm of its own.
pub(super) fn ask(
    state: &State,
    number: Id,
    reason: &str,
    wall: WallTime,
) -> Result<Draft, Refusal> {
    let by = state.seat.by().ok_or(Refusal::NotForYou)?;
    let known = state.seat.known(wall);
    papers(state).ask(&known, by, new_id(), alarm(state, number)?, reason)
}

/// Everything else.
pub(super) fn draft(
    state: &State,
    number: Id,
    across: Across,
    wall: WallTime,
) -> Result<Draft, Refusal> {
    let by = state.seat.by().ok_or(Refusal::NotForYou)?;
    let known = state.seat.known(wall);
    let kept = alarm(state, number)?;
    let between = state.between(&kept.value).ok_or(Refusal::NotNow)?;
    let (asked, papers) = (&between.request, papers(state));
    match across {
        Across::Ask => Err(Refusal::NotNow),
        Across::Withdraw => request::withdraw(&known, by, asked),
        Across::Take => papers.take(&known, by, kept, asked, new_id()),
        Across::Grant => papers.grant(&known, by, &kept.value, asked),
        Across::Keep => request::deny(&known, by, asked),
        Across::Recall => papers.recall(&known, by, &kept.value, asked),
        Across::GiveBack => {
            let class = state.alarms.class(&kept.value);
            between::given_back(&known, by, kept, asked, class)
        }
    }
}

/// The act of a deed, which also gives back an alarm that was taken over where that is over by it.
pub(super) fn answered(
    state: &State,
    draft: Draft,
    alarm: &Alarm,
    deed: &Deed,
    wall: WallTime,
) -> Draft {
    let (Deed::Judge(found, note), Some(by)) = (deed, state.seat.by()) else {
        return draft;
    };
    let requests = &state.seat.records.requests;
    let known = state.seat.known(wall);
    between::with_answer(draft, &known, by, alarm, requests, (*found, note))
}
