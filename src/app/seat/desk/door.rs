//! What the door says.

use crossbeam_channel::Receiver;
use tracing::warn;

use super::super::super::state::State;
use super::super::session::Session;
use super::signing::Try;
use super::{Desk, Then, tell};
use crate::base::clock::WallTime;
use crate::link::door::{Door, DoorEvent, What};
use crate::model::sign_in::{self, Purpose, Told};
use crate::words::Words;

/// A door that was joined to the seat.
pub(crate) struct Joined {
    /// Listens for as long as it is there.
    pub(crate) door: Door,
    /// What it heard.
    pub(crate) events: Receiver<DoorEvent>,
}

impl Desk {
    /// From now on the door signs people in.
    pub(crate) fn join(&mut self, door: Joined) {
        tracing::info!(address = %door.door.address(), "the door is joined");
        self.door = Some(door);
    }

    pub(super) fn hear_the_door(&mut self, state: &mut State, words: Words, wall: WallTime) {
        // Of people nothing is known before the store has told.
        if !state.seat.ready {
            return;
        }
        while let Some(event) = self
            .door
            .as_ref()
            .and_then(|door| door.events.try_recv().ok())
        {
            match event.event {
                What::Arrived => self.arrived(state, &event.person, words),
                What::Left => self.left(state, &event.person, wall),
            }
        }
    }

    fn arrived(&mut self, state: &mut State, person: &str, words: Words) {
        let seat = &state.seat;
        let staff = &seat.records.staff;
        let purpose = match &seat.session {
            Session::Nobody(_) => Purpose::SignIn,
            Session::Locked { person, .. } => Purpose::Unlock { holder: *person },
            // Whoever sits there unlocked is not sent away by another who comes.
            Session::In { .. } | Session::OpenToAll => return,
        };
        let answered = sign_in::answer_door(staff, person, purpose);
        if !matches!(answered.told, Told::In { .. }) {
            warn!("the door let somebody in whom nobody knows, or who is disabled");
            tell(state, answered.told.say(words));
        }
        if let Some(draft) = answered.draft {
            let tried = Try {
                typed: String::new(),
                second: None,
                right: true,
                // It is not answered again when somebody else was first: the door says it again.
                tries: u32::MAX,
                told: Some(answered.told),
            };
            self.submit(state, draft, Then::Try(tried));
        }
    }

    fn left(&mut self, state: &mut State, person: &str, wall: WallTime) {
        let staff = &state.seat.records.staff;
        let who = staff
            .by_badge(person)
            .or_else(|| staff.by_login(person))
            .map(|kept| kept.id);
        if who.is_some() && who == state.seat.session.holder() {
            self.lock(state, "door", wall);
        }
    }
}
