//! Signing in: who is told what, how often somebody may be wrong, and what is kept of it.
//!
//! A seat checks the PIN first (slowly, see `store::credential`) and tells the outcome only when the
//! act was committed. The act writes the tallies of the login and of the seat and expects the version
//! that was looked at; so of many seats that try at once one is told, and the others look again and
//! find the login resting. Whoever tries a thousand PINs learns the outcome of no more than
//! [`LOGIN_TRIES`] at once, from however many seats.
//!
//! A login that nobody has is treated as one whose PIN is never right: the same work, the same words,
//! the same tallies. NIST SP 800-63B-4 section 3.2.2 would close a login after a hundred wrong tries in a
//! row; that takes a day here, and would let anybody put a whole shift out:
//! the login goes on resting instead, and each try stands in the log.

use serde::{Deserialize, Serialize};

use super::act::{Draft, Kept, Record};
use super::id::Id;
use super::person::{self, Credential, Person};
use super::roles::Right;
use super::staff::{Staff, named};
use crate::base::clock::WallTime;
use crate::words::Words;

/// So many wrong tries in a row, and the login rests.
pub const LOGIN_TRIES: u32 = 5;
/// So many wrong tries at one seat, of whatever logins, and the seat rests.
pub const SEAT_TRIES: u32 = 10;
/// The first rest, seconds; each further wrong try doubles it.
pub const FIRST_REST_S: u64 = 60;
/// The longest rest, seconds.
pub const LONGEST_REST_S: u64 = 15 * 60;
/// After so long without a wrong try a login begins anew, seconds.
pub const LOGIN_FORGETS_S: i64 = 24 * 3600;
/// The same for a seat, seconds.
pub const SEAT_FORGETS_S: i64 = 30 * 60;
/// The most tallies that one act sweeps away.
const MOST_SWEPT: usize = 500;

/// How often somebody was wrong: one record for a login, one for a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tries {
    /// Wrong tries in a row.
    pub wrong: u32,
    /// When the last one was.
    pub last: Option<WallTime>,
    /// Until when nothing is tried.
    pub until: Option<WallTime>,
    /// Of a seat: the tally of the login that was tried last, …
    pub login: Option<Id>,
    /// … and how many of the last tries were of that one.
    pub of_login: u32,
}

impl Record for Tries {
    const KIND: &'static str = "tries";
}

/// The tallies that one try looks at; none where none was written yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tallies<'a> {
    /// That of [`login_tally`].
    pub login: Option<&'a Kept<Tries>>,
    /// That of [`seat_tally`].
    pub seat: Option<&'a Kept<Tries>>,
}

/// The identity of a login's tally, whether anybody has the login or not.
pub fn login_tally(centre: &str, typed: &str) -> Id {
    named(
        centre,
        Tries::KIND,
        &format!("login {}", person::login_key(typed)),
    )
}

/// The identity of a seat's tally.
pub fn seat_tally(centre: &str, seat: &str) -> Id {
    named(centre, Tries::KIND, &format!("seat {seat}"))
}

/// What somebody wants to sign in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To sit down at a free seat.
    SignIn,
    /// To unlock a seat. Another person than the one who locked it takes the seat.
    Unlock {
        /// Who locked it.
        holder: Id,
    },
    /// To stand beside the one who sits there.
    Second {
        /// Who sits there.
        author: Id,
        /// For what.
        right: Right,
    },
}

/// One try.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What was typed as login.
    pub typed: &'a str,
    /// The seat.
    pub seat: &'a str,
    /// For what.
    pub purpose: Purpose,
    /// When, by the store's clock.
    pub now: WallTime,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Let in.
    In {
        /// Who; the author of the act.
        person: Id,
        /// A new PIN must be chosen first.
        must_change: bool,
    },
    /// Wrong login or PIN, or nobody who may sign in.
    Wrong {
        /// Seconds of the rest that begins now; 0 for none.
        rest_s: u64,
    },
    /// Not even tried.
    Resting {
        /// Seconds left.
        left_s: u64,
        /// The seat rests, not the login.
        seat: bool,
    },
    /// The PIN was right, and this person may not stand beside the other.
    NotASecond,
    /// The door says that somebody is there whom nobody knows, or who is disabled.
    UnknownAtTheDoor,
}

impl Told {
    /// In the operator's language; nothing to say of somebody let in.
    pub fn say(self, words: Words) -> String {
        match self {
            Self::In { .. } => String::new(),
            Self::Wrong { rest_s: 0 } => words.get("sign-in-wrong").into_owned(),
            Self::Wrong { rest_s } => {
                words.with("sign-in-wrong-rest", &[("seconds", rest_s.into())])
            }
            Self::Resting {
                left_s,
                seat: false,
            } => words.with("sign-in-login-rests", &[("seconds", left_s.into())]),
            Self::Resting { left_s, seat: true } => {
                words.with("sign-in-seat-rests", &[("seconds", left_s.into())])
            }
            Self::NotASecond => words.get("sign-in-not-a-second").into_owned(),
            Self::UnknownAtTheDoor => words.get("sign-in-door-unknown").into_owned(),
        }
    }
}

/// What a try comes to. It is told when the act was committed; after a conflict the try is answered
/// again from what is there now.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// What to tell.
    pub told: Told,
    /// The act; none where nothing was tried.
    pub draft: Option<Draft>,
}

/// What the PIN is to be checked against; none where it cannot be right, and the same work is done.
pub fn credential<'a>(staff: &'a Staff, typed: &str) -> Option<&'a Credential> {
    let person = &staff.by_login(typed)?.value;
    (!person.disabled).then_some(())?;
    person.credential.as_ref()
}

/// Clocks of seats may differ by so much, seconds.
const CLOCKS_DIFFER_S: i64 = 120;

/// Whether the login or the seat rests, so that the PIN need not be looked at. A rest after a try that
/// was later than `now` is of a clock that was set back since: it is over, rather than longer.
pub fn resting(tallies: Tallies<'_>, now: WallTime) -> Option<Told> {
    let left = |kept: Option<&Kept<Tries>>| {
        let tries = &kept?.value;
        let left = tries.until?.nanos_since(now);
        let ahead = tries.last.map_or(0, |last| last.nanos_since(now));
        (left > 0 && ahead <= CLOCKS_DIFFER_S * 1_000_000_000)
            .then(|| (left as u64).div_ceil(1_000_000_000))
    };
    let of = |left: Option<u64>, seat| left.map(|left_s| Told::Resting { left_s, seat });
    of(left(tallies.login), false).or(of(left(tallies.seat), true))
}

/// What a try comes to, of which `right` says whether the PIN was that of [`credential`].
pub fn answer(staff: &Staff, attempt: &Attempt<'_>, right: bool, tallies: Tallies<'_>) -> Answered {
    if let Some(told) = resting(tallies, attempt.now) {
        return Answered { told, draft: None };
    }
    let found = staff.by_login(attempt.typed);
    let able = found.filter(|person| right && credential(staff, &person.value.login).is_some());
    let login_id = login_tally(&staff.centre, attempt.typed);
    let seat_id = seat_tally(&staff.centre, attempt.seat);
    let version = |kept: Option<&Kept<Tries>>| kept.map_or(0, |kept| kept.version);
    let login = remembered(tallies.login, attempt.now, LOGIN_FORGETS_S);
    let seat = remembered(tallies.seat, attempt.now, SEAT_FORGETS_S);
    let (told, draft, login, seat) = if let Some(person) = able {
        let (told, draft) = let_in(staff, person, attempt.purpose, "pin");
        (told, draft, Tries::default(), seat.without(login_id))
    } else {
        let login = login.one_more(attempt.now, LOGIN_TRIES, None);
        let seat = seat.one_more(attempt.now, SEAT_TRIES, Some(login_id));
        let rest = |tries: &Tries| {
            tries
                .until
                .map_or(0, |until| until.nanos_since(attempt.now))
        };
        let rest_s = rest(&login).max(rest(&seat)).max(0) as u64 / 1_000_000_000;
        // What was typed is not written down: it might be a PIN in the wrong field.
        let draft = refused(found, "pin").with("rest_s", rest_s);
        (Told::Wrong { rest_s }, draft, login, seat)
    };
    let draft = draft.put(login_id, version(tallies.login), &login).put(
        seat_id,
        version(tallies.seat),
        &seat,
    );
    Answered {
        told,
        draft: Some(draft),
    }
}

/// What it comes to that the door says: somebody with this badge, or this login, is at the seat.
pub fn answer_door(staff: &Staff, badge_or_login: &str, purpose: Purpose) -> Answered {
    let found = staff
        .by_badge(badge_or_login)
        .or_else(|| staff.by_login(badge_or_login));
    let (told, draft) = match found.filter(|person| !person.value.disabled) {
        Some(person) => let_in(staff, person, purpose, "door"),
        None => (Told::UnknownAtTheDoor, refused(found, "door")),
    };
    // The door opened, whatever the PIN's state is.
    let told = match told {
        Told::In { person, .. } => Told::In {
            person,
            must_change: false,
        },
        other => other,
    };
    Answered {
        told,
        draft: Some(draft),
    }
}

/// Somebody leaves the seat.
pub fn sign_out(person: Id) -> Draft {
    Draft::new("sign-out").about(person)
}

/// Somebody locks the seat, or it locks itself: `why` is `asked`, `idle` or `door`.
pub fn lock(person: Id, why: &str) -> Draft {
    Draft::new("seat-locked").about(person).with("why", why)
}

/// The second goes.
pub fn second_sign_out(second: Id) -> Draft {
    Draft::new("second-signed-out").about(second)
}

/// Tallies that count for nothing any more, removed; none where there is none.
pub fn sweep<'a>(
    tallies: impl IntoIterator<Item = &'a Kept<Tries>>,
    now: WallTime,
) -> Option<Draft> {
    let old = tallies
        .into_iter()
        .filter(|kept| match kept.value.last {
            Some(last) => now.nanos_since(last) > LOGIN_FORGETS_S * 1_000_000_000,
            // That of somebody whose last try was right: there is one for each person.
            None => false,
        })
        .take(MOST_SWEPT);
    let draft = old.fold(Draft::new("tries-swept"), |draft, kept| {
        draft.remove::<Tries>(kept.id, kept.version)
    });
    (!draft.changes.is_empty()).then_some(draft)
}

fn let_in(staff: &Staff, person: &Kept<Person>, purpose: Purpose, via: &str) -> (Told, Draft) {
    let draft = |kind: &str| Draft::new(kind).about(person.id).with("via", via);
    let told = Told::In {
        person: person.id,
        must_change: person.value.must_change,
    };
    match purpose {
        Purpose::SignIn => (told, draft("sign-in")),
        Purpose::Unlock { holder } if holder == person.id => (told, draft("seat-unlocked")),
        Purpose::Unlock { holder } => (
            told,
            draft("sign-in").with("instead_of", holder.to_string()),
        ),
        Purpose::Second { author, right } if staff.may_be_second(author, person.id, right) => (
            told,
            draft("second-signed-in")
                .with("beside", author.to_string())
                .with("right", right.key()),
        ),
        Purpose::Second { right, .. } => (
            Told::NotASecond,
            refused(Some(person), via).with("right", right.key()),
        ),
    }
}

fn refused(found: Option<&Kept<Person>>, via: &str) -> Draft {
    let draft = Draft::new("sign-in-refused").with("via", via);
    match found {
        Some(person) => draft
            .about(person.id)
            .with("disabled", person.value.disabled),
        None => draft.with("unknown", true),
    }
}

/// A tally as it counts now.
fn remembered(kept: Option<&Kept<Tries>>, now: WallTime, forgets_s: i64) -> Tries {
    kept.map(|kept| &kept.value)
        .filter(|tries| {
            let last = tries.last.unwrap_or(now);
            now.nanos_since(last) < forgets_s * 1_000_000_000
        })
        .cloned()
        .unwrap_or_default()
}

impl Tries {
    fn one_more(self, now: WallTime, most: u32, login: Option<Id>) -> Self {
        let wrong = self.wrong.saturating_add(1);
        let rest_s = match wrong.checked_sub(most) {
            None => 0,
            Some(beyond) => (FIRST_REST_S << beyond.min(10)).min(LONGEST_REST_S),
        };
        Self {
            wrong,
            last: Some(now),
            until: (rest_s > 0).then(|| now.plus_nanos(rest_s as i64 * 1_000_000_000)),
            of_login: if self.login == login {
                self.of_login.saturating_add(1)
            } else {
                1
            },
            login,
        }
    }

    /// Without the last tries of a login that then was right: the slips of one person. Those of others
    /// stay, so that nobody washes a search clean with an own right PIN.
    fn without(self, login: Id) -> Self {
        if self.login != Some(login) {
            return self;
        }
        Self {
            wrong: self.wrong.saturating_sub(self.of_login),
            until: None,
            login: None,
            of_login: 0,
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
