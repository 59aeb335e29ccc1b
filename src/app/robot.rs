//! Somebody at the seat of a bench: signs in as one of the people of the demonstration, whose PIN protects
//! nothing, keeps the panel of alarms open, looks at each new alarm and acknowledges it a moment later.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::alarms::AlarmsCommand;
use super::command::{Command, Side};
use super::seat::Wish;
use super::seat::session::Session;
use super::state::State;
use crate::model::alarm::Priority;
use crate::model::alarm::acts::Deed;
use crate::model::camera::Password;
use crate::model::id::Id;

/// So long it looks at an alarm before it says that it has seen it: long enough for the sound to begin.
const LOOKS_FOR: Duration = Duration::from_millis(700);

/// What it has done.
#[derive(Debug)]
pub(super) struct Robot {
    login: String,
    asked: bool,
    seen: BTreeSet<Id>,
    /// What it looks at, and since when.
    at: Option<(Id, Priority, Instant)>,
}

impl Robot {
    pub(super) fn new(login: String) -> Self {
        Self {
            login,
            asked: false,
            seen: BTreeSet::new(),
            at: None,
        }
    }

    /// What it wishes for now: one thing a paint, as a hand does.
    pub(super) fn step(&mut self, state: &State, now: Instant) -> Option<Command> {
        match &state.seat.session {
            Session::Nobody(panel) if !panel.busy && !self.asked => {
                let (_, pin) = state.seat.demo.as_ref()?;
                let people = &state.seat.records.staff.people;
                people.iter().find(|kept| kept.value.login == self.login)?;
                self.asked = true;
                Some(Command::Seat(Wish::SignIn {
                    login: self.login.clone(),
                    pin: Password::new(pin.clone()),
                }))
            }
            Session::In { .. } if state.side != Some(Side::Alarms) => {
                Some(Command::ToggleSide(Side::Alarms))
            }
            Session::In { .. } => {
                let new = state
                    .seat
                    .records
                    .alarms
                    .iter()
                    .map(|kept| &kept.value)
                    .filter(|alarm| !self.seen.contains(&alarm.number));
                // What is critical first, as it stands first; then the oldest.
                let next =
                    new.min_by_key(|alarm| (alarm.priority != Priority::Critical, alarm.raised));
                if let Some((_, priority, since)) = self.at {
                    let outranked = next.is_some_and(|alarm| alarm.priority > priority);
                    if !outranked && now.saturating_duration_since(since) < LOOKS_FOR {
                        return None;
                    }
                    self.at = None;
                    if !outranked {
                        return Some(Command::Alarms(AlarmsCommand::Do(Deed::Acknowledge)));
                    }
                }
                let next = next?;
                self.seen.insert(next.number);
                self.at = Some((next.number, next.priority, now));
                Some(Command::Alarms(AlarmsCommand::Choose(next.number)))
            }
            _ => None,
        }
    }
}
