//! The people of the centre: added, changed, disabled.

use super::super::super::state::State;
use super::signing::Checked;
use super::{Desk, Then, tell};
use crate::app::seat::PeopleWish;
use crate::model::act::Draft;
use crate::model::camera::Password;
use crate::model::id::Id;
use crate::model::person::{self, Credential};
use crate::model::pin;
use crate::model::staff::{self, NewPerson, Refusal};
use crate::store::credential::{self, Cost};
use crate::store::database::new_id;
use crate::words::Words;

/// Whose PIN was hashed.
pub(super) enum Whose {
    /// Somebody's who is added.
    New(Box<NewPerson>),
    /// Somebody's who is there.
    Of(Id),
}

impl Desk {
    pub(super) fn people(&mut self, state: &mut State, wish: PeopleWish, words: Words) {
        let Some(author) = state.seat.session.person() else {
            return;
        };
        let staff = &state.seat.records.staff;
        let draft = match wish {
            PeopleWish::Add { new, pin } => {
                let names = person::name(&new.name)
                    .map_err(Refusal::Name)
                    .and_then(|name| {
                        Ok((name, person::login(&new.login).map_err(Refusal::Login)?))
                    });
                match names {
                    Ok((name, login)) => {
                        self.hash(state, pin, &login, &name, Whose::New(new), words);
                    }
                    Err(refusal) => tell(state, refusal.say(words)),
                }
                return;
            }
            PeopleWish::NewPin { id, pin } => {
                let Some(kept) = staff.get(id) else { return };
                let (login, name) = (kept.value.login.clone(), kept.value.name.clone());
                self.hash(state, pin, &login, &name, Whose::Of(id), words);
                return;
            }
            PeopleWish::Change { id, name, language } => {
                let post = staff.get(id).and_then(|kept| kept.value.post);
                staff::change(staff, author, id, &name, post, language)
            }
            PeopleWish::Roles { id, roles } => staff::change_roles(staff, author, id, roles),
            PeopleWish::Disable(id) => staff::disable(staff, author, id),
            PeopleWish::Enable(id) => staff::enable(staff, author, id),
            PeopleWish::AddBadge { id, badge } => {
                staff::add_badge(staff, author, id, badge.reveal())
            }
            PeopleWish::RemoveBadges(id) => staff::remove_badges(staff, author, id),
        };
        self.submit_or_tell(state, draft, words);
    }

    /// A PIN that was hashed for the one who manages people.
    pub(super) fn people_hashed(
        &mut self,
        state: &mut State,
        whose: Whose,
        credential: Credential,
        words: Words,
    ) {
        let Some(author) = state.seat.session.person() else {
            return;
        };
        let staff = &state.seat.records.staff;
        let credential = Some(credential);
        let draft = match whose {
            Whose::New(new) => {
                let new = NewPerson { credential, ..*new };
                staff::add(staff, author, new_id(), new)
            }
            Whose::Of(id) => staff::change_pin(staff, author, id, credential),
        };
        self.submit_or_tell(state, draft, words);
    }

    fn hash(
        &mut self,
        state: &mut State,
        pin: Password,
        login: &str,
        name: &str,
        whose: Whose,
        words: Words,
    ) {
        if let Err(problem) = pin::check(pin.reveal(), login, name) {
            tell(state, problem.say(words));
            return;
        }
        self.beside(move || match credential::hash(pin.reveal(), Cost::USUAL) {
            Ok(credential) => Checked::Hashed { whose, credential },
            Err(problem) => Checked::Failed(problem.to_string()),
        });
    }

    fn submit_or_tell(&mut self, state: &mut State, draft: Result<Draft, Refusal>, words: Words) {
        match draft {
            Ok(draft) => self.submit(state, draft, Then::Tell),
            Err(refusal) => tell(state, refusal.say(words)),
        }
    }
}
