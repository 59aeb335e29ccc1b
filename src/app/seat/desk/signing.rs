//! Signing in and out, locking, and standing beside.

use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::super::super::state::State;
use super::super::session::{Panel, Session};
use super::super::{FourEyes, SeatState, demo};
use super::people::Whose;
use super::{Desk, Then, leave};
use crate::base::clock::WallTime;
use crate::base::threads;
use crate::model::camera::Password;
use crate::model::person::{self, Credential};
use crate::model::pin;
use crate::model::roles::Right;
use crate::model::sign_in::{self, Attempt, Purpose, Tallies, Told};
use crate::model::staff::{self, NewPerson};
use crate::store::credential::{self, Cost};
use crate::store::database::new_id;
use crate::words::Words;

/// A try to sign in whose PIN was checked.
#[derive(Clone)]
pub(super) struct Try {
    pub(super) typed: String,
    /// To stand beside, for this right.
    pub(super) second: Option<Right>,
    pub(super) right: bool,
    pub(super) tries: u32,
    pub(super) told: Option<Told>,
}

/// What the thread that checks and hashes PINs says.
pub(super) enum Checked {
    SignIn {
        typed: String,
        second: Option<Right>,
        right: bool,
    },
    First {
        new: Box<NewPerson>,
    },
    NewPin {
        credential: Credential,
    },
    Demo {
        credential: Credential,
    },
    Hashed {
        whose: Whose,
        credential: Credential,
    },
    Failed(String),
}

impl Desk {
    pub(super) fn sign_in(
        &mut self,
        state: &mut State,
        (typed, second): (String, Option<Right>),
        pin: Password,
        words: Words,
        wall: WallTime,
    ) {
        let seat = &mut state.seat;
        let now = seat.steady_now(wall);
        if let Some(told) = sign_in::resting(tallies(seat, &typed), now) {
            seat.try_failed(told.say(words));
            return;
        }
        let credential = sign_in::credential(&seat.records.staff, &typed).cloned();
        seat.try_begins();
        self.beside(move || {
            match credential::verify(pin.reveal(), credential.as_ref(), Cost::USUAL) {
                Ok(right) => Checked::SignIn {
                    typed,
                    second,
                    right,
                },
                Err(problem) => Checked::Failed(problem.to_string()),
            }
        });
    }

    pub(super) fn answer_try(
        &mut self,
        state: &mut State,
        tried: Try,
        words: Words,
        wall: WallTime,
    ) {
        let seat = &state.seat;
        let purpose = match (&seat.session, tried.second) {
            (Session::In { person, .. }, Some(right)) => Purpose::Second {
                author: *person,
                right,
            },
            // Nobody asks any more for whom this one was to stand beside.
            (_, Some(_)) => return,
            (Session::Locked { person, .. }, None) => Purpose::Unlock { holder: *person },
            (_, None) => Purpose::SignIn,
        };
        let attempt = Attempt {
            typed: &tried.typed,
            seat: &seat.name,
            purpose,
            now: seat.steady_now(wall),
        };
        let answered = sign_in::answer(
            &seat.records.staff,
            &attempt,
            tried.right,
            tallies(seat, &tried.typed),
        );
        match answered.draft {
            Some(draft) => {
                let tried = Try {
                    told: Some(answered.told),
                    ..tried
                };
                self.submit(state, draft, Then::Try(tried));
            }
            None => state.seat.try_failed(answered.told.say(words)),
        }
    }

    pub(super) fn first(
        &mut self,
        state: &mut State,
        (name, login): (String, String),
        pin: Password,
        words: Words,
    ) {
        let fits = person::name(&name)
            .and_then(|name| Ok((name, person::login(&login)?)))
            .map_err(|problem| problem.say(words))
            .and_then(|(name, login)| {
                pin::check(pin.reveal(), &login, &name).map_err(|problem| problem.say(words))?;
                Ok((name, login))
            });
        let (name, login) = match fits {
            Ok(fits) => fits,
            Err(said) => {
                state.seat.try_failed(said);
                return;
            }
        };
        let language = state.language();
        state.seat.try_begins();
        self.beside(move || match credential::hash(pin.reveal(), Cost::USUAL) {
            Ok(credential) => Checked::First {
                new: Box::new(NewPerson {
                    name,
                    login,
                    language,
                    credential: Some(credential),
                    ..NewPerson::default()
                }),
            },
            Err(problem) => Checked::Failed(problem.to_string()),
        });
    }

    pub(super) fn new_pin(&mut self, state: &mut State, pin: Password, words: Words) {
        // Only where one was asked for at signing in; whoever passes a locked seat sets none.
        let Session::In {
            person,
            must_change: Some(_),
            ..
        } = state.seat.session
        else {
            return;
        };
        let Some(kept) = state.seat.records.staff.get(person) else {
            return;
        };
        if let Err(problem) = pin::check(pin.reveal(), &kept.value.login, &kept.value.name) {
            state.seat.try_failed(problem.say(words));
            return;
        }
        state.seat.try_begins();
        self.beside(move || match credential::hash(pin.reveal(), Cost::USUAL) {
            Ok(credential) => Checked::NewPin { credential },
            Err(problem) => Checked::Failed(problem.to_string()),
        });
    }

    pub(super) fn take_checked(
        &mut self,
        state: &mut State,
        checked: Checked,
        words: Words,
        wall: WallTime,
    ) {
        match checked {
            Checked::SignIn {
                typed,
                second,
                right,
            } => {
                let tried = Try {
                    typed,
                    second,
                    right,
                    tries: 0,
                    told: None,
                };
                self.answer_try(state, tried, words, wall);
            }
            Checked::First { new } => {
                let id = new_id();
                match staff::first_administrator(&state.seat.records.staff, id, *new) {
                    Ok(draft) => self.submit(state, draft, Then::First(id)),
                    Err(refusal) => state.seat.try_failed(refusal.say(words)),
                }
            }
            Checked::NewPin { credential } => {
                let Session::In {
                    person,
                    must_change: Some(_),
                    ..
                } = state.seat.session
                else {
                    return;
                };
                let staff = &state.seat.records.staff;
                match staff::change_pin(staff, person, person, Some(credential)) {
                    Ok(draft) => self.submit(state, draft, Then::PinChanged),
                    Err(refusal) => state.seat.try_failed(refusal.say(words)),
                }
            }
            Checked::Demo { credential } => {
                let seat = &state.seat;
                let founded = demo::people(&seat.records.staff, state.language(), &credential);
                // Somebody is there by now: then they need no help.
                if let Ok(mut founded) = founded {
                    let cameras = state.cameras.iter().map(AsRef::as_ref);
                    let now = seat.steady_now(wall);
                    let posts = demo::posts(cameras, (&seat.name, &seat.centre), now);
                    founded
                        .changes
                        .extend(posts.into_iter().flat_map(|post| post.changes));
                    self.submit(state, founded, Then::Nothing);
                }
            }
            Checked::Hashed { whose, credential } => {
                self.people_hashed(state, whose, credential, words);
            }
            Checked::Failed(why) => {
                warn!("{why}");
                state.seat.try_failed(why);
            }
        }
    }

    /// Hashing takes as long as several frames: it is done beside the thread that draws.
    pub(super) fn beside(&self, work: impl FnOnce() -> Checked + Send + 'static) {
        let (sender, wake) = (self.checked.0.clone(), Arc::clone(&self.wake));
        let started = threads::spawn("pin", move || {
            // Nobody waits for it when the program ends.
            sender.send(work()).ok();
            wake();
        });
        if let Err(problem) = started {
            // It is the queue's other end that hears of it.
            self.checked
                .0
                .try_send(Checked::Failed(problem.to_string()))
                .ok();
        }
    }

    pub(super) fn sign_out(&mut self, state: &mut State, _wall: WallTime) {
        // Whoever looked for it is its author.
        self.log_search(state, Duration::ZERO);
        let Some(person) = state.seat.session.holder() else {
            return;
        };
        // Posts stay with whoever holds them: who leaves hands over first.
        self.submit(state, sign_in::sign_out(person), Then::Nothing);
        leave(state, Session::Nobody(Panel::default()));
    }

    pub(super) fn lock(&mut self, state: &mut State, why: &str, wall: WallTime) {
        // Whoever looked for it is its author.
        self.log_search(state, Duration::ZERO);
        let Session::In { person, .. } = state.seat.session else {
            return;
        };
        self.submit(state, sign_in::lock(person, why), Then::Nothing);
        let since = state.seat.store_now(wall);
        leave(
            state,
            Session::Locked {
                person,
                since,
                panel: Panel::default(),
            },
        );
    }
}

/// What is kept of the tries of a login and of this seat.
fn tallies<'a>(seat: &'a SeatState, typed: &str) -> Tallies<'a> {
    let tries = &seat.records.tries;
    Tallies {
        login: tries.get(&sign_in::login_tally(&seat.centre, typed)),
        seat: tries.get(&sign_in::seat_tally(&seat.centre, &seat.name)),
    }
}

/// What a try that was kept comes to.
pub(super) fn sit_down(
    state: &mut State,
    told: Option<Told>,
    second: Option<Right>,
    words: Words,
    wall: WallTime,
) {
    match told {
        Some(Told::In { person, .. }) if second.is_some() => {
            // What was asked is done now, with this person beside, and nothing else.
            if let Some(FourEyes { right, command, .. }) = state.seat.four_eyes.take() {
                state.seat.allowed = Some((*command, person, right));
            }
        }
        Some(Told::In {
            person,
            must_change,
        }) => {
            if state.seat.session.holder() != Some(person) {
                super::forget(state);
            }
            let since = state.seat.store_now(wall);
            let language = state.seat.records.staff.get(person);
            if let Some(kept) = language {
                state.settings.language = kept.value.language;
            }
            state.seat.session = Session::In {
                person,
                since,
                must_change: must_change.then(Panel::default),
            };
        }
        Some(told) => state.seat.try_failed(told.say(words)),
        None => {}
    }
}
