//! What is done with people: added, given roles, a new PIN, badges, disabled and enabled again.
//!
//! Each function looks at the staff as one seat knows it and returns the act, or why not; the store
//! refuses the act when the records have changed meanwhile. What must hold across seats that act at
//! once is therefore written as a record too, whose identity follows from what must be one:
//!
//! * a login and a badge have an owner ([`LoginOwner`], [`BadgeOwner`]), so that two seats cannot
//!   give the same one to two people;
//! * the enabled administrators stand in one record ([`Administrators`]), so that two seats cannot
//!   make two first ones, nor two administrators disable each other.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::act::{Draft, Kept, Record};
use super::id::Id;
use super::person::{self, Credential, LONGEST_BADGE, NameProblem, Person};
use super::pin::PinProblem;
use super::roles::{Answer, Right, Role, Roles, RolesProblem, allowed_together, may};
use crate::words::{Language, Words};

/// The most badges of one person.
pub const MOST_BADGES: usize = 8;

/// The kinds of the acts of people and of sign-in, the word of each, and the right that each asks of
/// its author (see [`asks`]); none where nobody is signed in yet or anybody may.
pub const KINDS: [(&str, &str, Option<Right>); 17] = [
    ("first-administrator", "act-first-administrator", None),
    ("people-founded", "act-people-founded", None),
    (
        "person-added",
        "act-person-added",
        Some(Right::ManagePeople),
    ),
    (
        "person-changed",
        "act-person-changed",
        Some(Right::ManagePeople),
    ),
    (
        "roles-changed",
        "act-roles-changed",
        Some(Right::ManagePeople),
    ),
    ("pin-changed", "act-pin-changed", Some(Right::ManagePeople)),
    (
        "badges-changed",
        "act-badges-changed",
        Some(Right::ManagePeople),
    ),
    (
        "person-disabled",
        "act-person-disabled",
        Some(Right::ManagePeople),
    ),
    (
        "person-enabled",
        "act-person-enabled",
        Some(Right::ManagePeople),
    ),
    ("sign-in", "act-sign-in", None),
    ("sign-in-refused", "act-sign-in-refused", None),
    ("sign-out", "act-sign-out", None),
    ("seat-locked", "act-seat-locked", None),
    ("seat-unlocked", "act-seat-unlocked", None),
    ("second-signed-in", "act-second-signed-in", None),
    ("second-signed-out", "act-second-signed-out", None),
    ("tries-swept", "act-tries-swept", None),
];

/// The right that an act of `kind` asks of its author; `own` when it is about the author. Of kinds that
/// are not in [`KINDS`] this knows nothing.
pub fn asks(kind: &str, own: bool) -> Option<Right> {
    if own && kind == "pin-changed" {
        return None;
    }
    let (.., right) = KINDS.iter().find(|(known, ..)| *known == kind)?;
    *right
}

/// Who owns a login; its identity follows from the centre and the login's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginOwner {
    /// The person.
    pub person: Id,
}

impl Record for LoginOwner {
    const KIND: &'static str = "login";
}

/// Who owns a badge; its identity follows from the centre and the badge's hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadgeOwner {
    /// The person.
    pub person: Id,
}

impl Record for BadgeOwner {
    const KIND: &'static str = "badge";
}

/// The enabled administrators of a centre: one record, there from the first one on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Administrators {
    /// Who; never nobody.
    pub people: BTreeSet<Id>,
}

impl Record for Administrators {
    const KIND: &'static str = "administrators";
}

/// The people of a centre as a seat knows them.
#[derive(Clone, Debug, Default)]
pub struct Staff {
    /// The centre.
    pub centre: String,
    /// Everybody, disabled ones too.
    pub people: Vec<Kept<Person>>,
    /// The owners of badges.
    pub badges: Vec<Kept<BadgeOwner>>,
    /// The administrators' record; none before the first administrator.
    pub administrators: Option<Kept<Administrators>>,
}

/// Somebody who is added or whose details change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewPerson {
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// Roles.
    pub roles: Roles,
    /// Post by default.
    pub post: Option<Id>,
    /// Language.
    pub language: Language,
    /// The hash of a PIN that [`super::pin::check`] let pass; none where only the door signs in.
    pub credential: Option<Credential>,
}

/// Why something is not done with a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Whoever asks has not the right.
    #[error("the right {} is missing", .0.key())]
    NoRight(Right),
    /// There is no such person.
    #[error("there is no such person")]
    NoSuchPerson,
    /// The display name is not taken.
    #[error("name: {0}")]
    Name(NameProblem),
    /// The login is not taken.
    #[error("login: {0}")]
    Login(NameProblem),
    /// Somebody has this login, or one that looks like it.
    #[error("the login {0} is given, or one that looks the same")]
    LoginGiven(String),
    /// The PIN is not taken.
    #[error("PIN: {0}")]
    Pin(PinProblem),
    /// Nobody changes the own roles.
    #[error("nobody changes the own roles")]
    OwnRoles,
    /// These roles do not go together.
    #[error("these roles do not go together: {0:?}")]
    Roles(RolesProblem),
    /// There would be no administrator left.
    #[error("the last administrator stays")]
    LastAdministrator,
    /// There is somebody already.
    #[error("there is an administrator already")]
    NotTheFirst,
    /// It is so already.
    #[error("it is so already")]
    NothingToDo,
    /// What the reader said is no badge.
    #[error("this is no badge")]
    Badge,
    /// The badge is another person's.
    #[error("another person has this badge")]
    BadgeGiven,
    /// Too many badges.
    #[error("more than {MOST_BADGES} badges")]
    TooManyBadges,
}

impl Refusal {
    /// In the operator's language.
    pub fn say(&self, words: Words) -> String {
        match self {
            Self::NoRight(right) => words.with(
                "refusal-no-right",
                &[("right", right.word(words).as_ref().into())],
            ),
            Self::NoSuchPerson => words.get("refusal-no-such-person").into_owned(),
            Self::Name(problem) => {
                words.with("refusal-name", &[("problem", problem.say(words).into())])
            }
            Self::Login(problem) => {
                words.with("refusal-login", &[("problem", problem.say(words).into())])
            }
            Self::LoginGiven(login) => {
                words.with("refusal-login-given", &[("login", login.as_str().into())])
            }
            Self::Pin(problem) => {
                words.with("refusal-pin", &[("problem", problem.say(words).into())])
            }
            Self::OwnRoles => words.get("refusal-own-roles").into_owned(),
            Self::Roles(RolesProblem::None) => words.get("refusal-roles-none").into_owned(),
            Self::Roles(RolesProblem::Alone(role)) => words.with(
                "refusal-roles-alone",
                &[("role", role.word(words).as_ref().into())],
            ),
            Self::Roles(RolesProblem::Apart(one, other)) => words.with(
                "refusal-roles-apart",
                &[
                    ("one", one.word(words).as_ref().into()),
                    ("other", other.word(words).as_ref().into()),
                ],
            ),
            Self::LastAdministrator => words.get("refusal-last-administrator").into_owned(),
            Self::NotTheFirst => words.get("refusal-not-the-first").into_owned(),
            Self::NothingToDo => words.get("refusal-nothing-to-do").into_owned(),
            Self::Badge => words.get("refusal-badge").into_owned(),
            Self::BadgeGiven => words.get("refusal-badge-given").into_owned(),
            Self::TooManyBadges => {
                words.with("refusal-too-many-badges", &[("most", MOST_BADGES.into())])
            }
        }
    }
}

impl Staff {
    /// A person.
    pub fn get(&self, id: Id) -> Option<&Kept<Person>> {
        self.people.iter().find(|person| person.id == id)
    }

    /// Whoever has the login that was typed, in any case and with letters that look the same.
    pub fn by_login(&self, typed: &str) -> Option<&Kept<Person>> {
        let key = person::login_key(typed);
        self.people
            .iter()
            .find(|person| person::login_key(&person.value.login) == key)
    }

    /// Whoever has the badge.
    pub fn by_badge(&self, badge: &str) -> Option<&Kept<Person>> {
        let hash = person::badge_hash(&self.centre, badge);
        self.people
            .iter()
            .find(|person| person.value.badges.contains(&hash))
    }

    /// What somebody may do; nothing when there is no such person, or a disabled one.
    pub fn may(&self, id: Id, right: Right) -> Answer {
        match self.get(id) {
            Some(person) if !person.value.disabled => may(&person.value.roles, right),
            _ => Answer::No,
        }
    }

    /// Whether `second` may stand beside `author` for an act that asks for `right`.
    pub fn may_be_second(&self, author: Id, second: Id, right: Right) -> bool {
        author != second && self.may(second, right) != Answer::No
    }

    /// Whether nobody is there yet, so that the first start makes an administrator.
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.administrators.is_none()
    }

    /// The person `id`, where `author` manages people.
    fn managed(&self, author: Id, id: Id) -> Result<&Kept<Person>, Refusal> {
        self.manages(author)?;
        self.get(id).ok_or(Refusal::NoSuchPerson)
    }

    fn manages(&self, author: Id) -> Result<(), Refusal> {
        match self.may(author, Right::ManagePeople) {
            Answer::Yes => Ok(()),
            Answer::WithSecond | Answer::No => Err(Refusal::NoRight(Right::ManagePeople)),
        }
    }

    /// `draft` with the administrators' record, where somebody with `roles` is now one or not.
    fn with_administrators(&self, draft: Draft, id: Id, is_one: bool) -> Result<Draft, Refusal> {
        let (before, version) = match &self.administrators {
            Some(kept) => (kept.value.people.clone(), kept.version),
            None => (BTreeSet::new(), 0),
        };
        let mut people = before.clone();
        if is_one {
            people.insert(id);
        } else {
            people.remove(&id);
        }
        if people == before {
            return Ok(draft);
        }
        if people.is_empty() {
            return Err(Refusal::LastAdministrator);
        }
        let record = named(&self.centre, Administrators::KIND, "");
        Ok(draft.put(record, version, &Administrators { people }))
    }
}

/// The identity of the record of `kind` that there is once for `what` in a centre: a UUID of version 8
/// (RFC 9562) from their SHA-256.
pub fn named(centre: &str, kind: &str, what: &str) -> Id {
    let mut hash = Sha256::new();
    for part in ["qyran", centre, kind, what] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Id::from_bytes(bytes)
}

/// The first start: the first person, who manages people. Nobody is signed in, so that this is only
/// where nobody is there.
///
/// # Errors
/// When there is somebody, or the name, the login or the missing PIN do not do.
pub fn first_administrator(staff: &Staff, id: Id, new: NewPerson) -> Result<Draft, Refusal> {
    if !staff.is_empty() {
        return Err(Refusal::NotTheFirst);
    }
    if new.credential.is_none() {
        return Err(Refusal::Pin(PinProblem::TooShort));
    }
    let new = NewPerson {
        roles: [Role::Administrator].into(),
        ..new
    };
    added("first-administrator", staff, id, new, false)
}

/// Several people at once where nobody is there yet, as a demonstration has them.
///
/// # Errors
/// When there is somebody, more than one manages people, or one of them does not do.
pub fn found(staff: &Staff, people: Vec<(Id, NewPerson)>) -> Result<Draft, Refusal> {
    if !staff.is_empty() {
        return Err(Refusal::NotTheFirst);
    }
    let mut known = staff.clone();
    let mut all = Draft::new("people-founded").with("people", people.len());
    for (id, new) in people {
        let draft = added("people-founded", &known, id, new, false)?;
        let person = draft
            .changes
            .iter()
            .find(|change| change.key.kind == Person::KIND)
            .and_then(|change| serde_json::from_str(change.body.as_ref()?).ok());
        known.people.extend(person.map(|value| Kept {
            id,
            version: 1,
            seq: 0,
            centre: known.centre.clone(),
            value,
        }));
        all.changes.extend(draft.changes);
    }
    Ok(all)
}

/// Somebody new, whose PIN must be changed at the first sign-in.
///
/// # Errors
/// When the author may not, a name does not do, the login is given or the roles do not go together.
pub fn add(staff: &Staff, author: Id, id: Id, new: NewPerson) -> Result<Draft, Refusal> {
    staff.manages(author)?;
    added("person-added", staff, id, new, true)
}

fn added(
    kind: &str,
    staff: &Staff,
    id: Id,
    new: NewPerson,
    must_change: bool,
) -> Result<Draft, Refusal> {
    let name = person::name(&new.name).map_err(Refusal::Name)?;
    let login = person::login(&new.login).map_err(Refusal::Login)?;
    allowed_together(&new.roles).map_err(Refusal::Roles)?;
    if staff.by_login(&login).is_some() {
        return Err(Refusal::LoginGiven(login));
    }
    let key = person::login_key(&login);
    let draft = Draft::new(kind)
        .about(id)
        .with("login", login.as_str())
        .with("roles", roles_in_the_log(&new.roles))
        .put(
            named(&staff.centre, LoginOwner::KIND, &key),
            0,
            &LoginOwner { person: id },
        );
    let administrator = new.roles.contains(&Role::Administrator);
    let person = Person {
        name,
        login,
        roles: new.roles,
        post: new.post,
        language: new.language,
        must_change: must_change && new.credential.is_some(),
        credential: new.credential,
        disabled: false,
        badges: Vec::new(),
    };
    staff.with_administrators(draft.put(id, 0, &person), id, administrator)
}

/// Another display name, post or language. The login stays, for the log speaks of it.
///
/// # Errors
/// When the author may not, the name does not do or nothing changes.
pub fn change(
    staff: &Staff,
    author: Id,
    id: Id,
    name: &str,
    post: Option<Id>,
    language: Language,
) -> Result<Draft, Refusal> {
    let kept = staff.managed(author, id)?;
    let name = person::name(name).map_err(Refusal::Name)?;
    let value = Person {
        name,
        post,
        language,
        ..kept.value.clone()
    };
    if value == kept.value {
        return Err(Refusal::NothingToDo);
    }
    Ok(Draft::new("person-changed")
        .about(id)
        .put(id, kept.version, &value))
}

/// Other roles.
///
/// # Errors
/// When the author may not or is the person, the roles do not go together, nothing changes or there
/// would be no administrator left.
pub fn change_roles(staff: &Staff, author: Id, id: Id, roles: Roles) -> Result<Draft, Refusal> {
    let kept = staff.managed(author, id)?;
    if author == id {
        return Err(Refusal::OwnRoles);
    }
    allowed_together(&roles).map_err(Refusal::Roles)?;
    if roles == kept.value.roles {
        return Err(Refusal::NothingToDo);
    }
    let administrator = roles.contains(&Role::Administrator) && !kept.value.disabled;
    let draft = Draft::new("roles-changed")
        .about(id)
        .with("before", roles_in_the_log(&kept.value.roles))
        .with("roles", roles_in_the_log(&roles));
    let value = Person {
        roles,
        ..kept.value.clone()
    };
    staff.with_administrators(draft.put(id, kept.version, &value), id, administrator)
}

/// A new PIN, whose hash `credential` is: the own one, or one that an administrator gives and the
/// person must change at the next sign-in. None takes the PIN away, so that only the door signs in.
///
/// Whoever changes the own one has just been asked for the old one; the caller does that.
///
/// # Errors
/// When the author may not, or an own PIN would be taken away.
pub fn change_pin(
    staff: &Staff,
    author: Id,
    id: Id,
    credential: Option<Credential>,
) -> Result<Draft, Refusal> {
    let own = author == id;
    let kept = if own {
        let kept = staff.get(id).ok_or(Refusal::NoSuchPerson)?;
        if kept.value.disabled || credential.is_none() {
            return Err(Refusal::NoRight(Right::ManagePeople));
        }
        kept
    } else {
        staff.managed(author, id)?
    };
    let value = Person {
        must_change: !own && credential.is_some(),
        credential,
        ..kept.value.clone()
    };
    Ok(Draft::new("pin-changed")
        .about(id)
        .with("own", own)
        .with("none", value.credential.is_none())
        .put(id, kept.version, &value))
}

/// May not sign in any more.
///
/// # Errors
/// When the author may not, it is so already or the person is the last administrator.
pub fn disable(staff: &Staff, author: Id, id: Id) -> Result<Draft, Refusal> {
    set_disabled(staff, author, id, true)
}

/// May sign in again.
///
/// # Errors
/// When the author may not or it is so already.
pub fn enable(staff: &Staff, author: Id, id: Id) -> Result<Draft, Refusal> {
    set_disabled(staff, author, id, false)
}

fn set_disabled(staff: &Staff, author: Id, id: Id, disabled: bool) -> Result<Draft, Refusal> {
    let kept = staff.managed(author, id)?;
    if kept.value.disabled == disabled {
        return Err(Refusal::NothingToDo);
    }
    let kind = if disabled {
        "person-disabled"
    } else {
        "person-enabled"
    };
    let value = Person {
        disabled,
        ..kept.value.clone()
    };
    let administrator = value.roles.contains(&Role::Administrator) && !disabled;
    let draft = Draft::new(kind).about(id).put(id, kept.version, &value);
    staff.with_administrators(draft, id, administrator)
}

/// One more badge.
///
/// # Errors
/// When the author may not, it is no badge, somebody has it or there are too many.
pub fn add_badge(staff: &Staff, author: Id, id: Id, badge: &str) -> Result<Draft, Refusal> {
    let kept = staff.managed(author, id)?;
    if badge.is_empty() || badge.len() > LONGEST_BADGE || badge.chars().any(char::is_control) {
        return Err(Refusal::Badge);
    }
    match staff.by_badge(badge) {
        Some(owner) if owner.id == id => return Err(Refusal::NothingToDo),
        Some(_) => return Err(Refusal::BadgeGiven),
        None if kept.value.badges.len() >= MOST_BADGES => return Err(Refusal::TooManyBadges),
        None => {}
    }
    let hash = person::badge_hash(&staff.centre, badge);
    let owner = named(&staff.centre, BadgeOwner::KIND, &hash);
    let mut value = kept.value.clone();
    value.badges.push(hash);
    Ok(Draft::new("badges-changed")
        .about(id)
        .with("badges", value.badges.len())
        .put(id, kept.version, &value)
        .put(owner, 0, &BadgeOwner { person: id }))
}

/// All badges taken away, as when one is lost; what is found again is added anew.
///
/// # Errors
/// When the author may not or there is none.
pub fn remove_badges(staff: &Staff, author: Id, id: Id) -> Result<Draft, Refusal> {
    let kept = staff.managed(author, id)?;
    if kept.value.badges.is_empty() {
        return Err(Refusal::NothingToDo);
    }
    let value = Person {
        badges: Vec::new(),
        ..kept.value.clone()
    };
    let draft = Draft::new("badges-changed")
        .about(id)
        .with("badges", 0)
        .put(id, kept.version, &value);
    let owners = staff.badges.iter().filter(|owner| owner.value.person == id);
    Ok(owners.fold(draft, |draft, owner| {
        draft.remove::<BadgeOwner>(owner.id, owner.version)
    }))
}

fn roles_in_the_log(roles: &Roles) -> Vec<&'static str> {
    roles.iter().map(|role| role.key()).collect()
}

#[cfg(test)]
mod tests;
