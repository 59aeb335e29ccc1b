//! Tests over a store of records in memory that refuses what is not as expected.

use std::collections::BTreeMap;

use super::*;
use crate::base::clock::WallTime;
use crate::model::act::Key;

/// Records and versions, as every store keeps them.
#[derive(Clone, Default)]
struct Records(BTreeMap<Key, (u32, String)>);

impl Records {
    /// Whether the act was done; a refused one changes nothing.
    fn commit(&mut self, draft: &Draft) -> bool {
        let version = |key: &Key| self.0.get(key).map_or(0, |(version, _)| *version);
        if draft
            .changes
            .iter()
            .any(|change| version(&change.key) != change.expect)
        {
            return false;
        }
        for change in &draft.changes {
            match &change.body {
                Some(body) => self
                    .0
                    .insert(change.key.clone(), (change.expect + 1, body.clone())),
                None => self.0.remove(&change.key),
            };
        }
        true
    }

    fn all<T: Record>(&self) -> Vec<Kept<T>> {
        let of_kind = self.0.iter().filter(|(key, _)| key.kind == T::KIND);
        of_kind
            .map(|(key, (version, body))| Kept {
                id: key.id,
                version: *version,
                seq: 0,
                centre: "aktobe".into(),
                value: serde_json::from_str(body).expect("our own"),
            })
            .collect()
    }

    fn staff(&self) -> Staff {
        Staff {
            centre: "aktobe".into(),
            people: self.all(),
            badges: self.all(),
            administrators: self.all().pop(),
        }
    }
}

fn id(number: u8) -> Id {
    Id::new(WallTime(1_790_000_000_000_000_000), [number; 10])
}

fn new(login: &str, roles: &[Role]) -> NewPerson {
    NewPerson {
        name: format!("Somebody {login}"),
        login: login.into(),
        roles: roles.iter().copied().collect(),
        credential: Some(Credential::new("phc")),
        ..NewPerson::default()
    }
}

/// A first administrator, 1.
fn founded() -> Records {
    let mut records = Records::default();
    let draft =
        first_administrator(&records.staff(), id(1), new("first", &[])).expect("nobody is there");
    assert!(records.commit(&draft));
    records
}

/// Adds and returns whether it was done.
fn with(records: &mut Records, number: u8, login: &str, roles: &[Role]) {
    let draft = add(&records.staff(), id(1), id(number), new(login, roles)).expect("fine");
    assert!(records.commit(&draft));
}

#[test]
fn the_first_start_makes_one_administrator_once() {
    let empty = Records::default();
    let first =
        first_administrator(&empty.staff(), id(1), new("first", &[Role::Auditor])).expect("fine");
    let second =
        first_administrator(&empty.staff(), id(2), new("other", &[])).expect("fine as seen there");
    let mut records = empty;
    assert!(records.commit(&first));
    assert!(!records.commit(&second), "two seats at once make one");
    let staff = records.staff();
    let person = &staff.get(id(1)).expect("there").value;
    assert_eq!(person.roles, [Role::Administrator].into());
    assert!(!person.must_change && !person.disabled);
    assert_eq!(
        first_administrator(&staff, id(3), new("third", &[])),
        Err(Refusal::NotTheFirst)
    );
    let without_pin = NewPerson {
        credential: None,
        ..new("x1", &[])
    };
    assert!(matches!(
        first_administrator(&Staff::default(), id(1), without_pin),
        Err(Refusal::Pin(_))
    ));
}

#[test]
fn logins_are_unique_also_when_two_seats_give_one_at_once() {
    let mut records = founded();
    let before = records.staff();
    let one = add(&before, id(1), id(2), new("cop", &[Role::Inspector])).expect("fine");
    // Cyrillic letters that look the same.
    let other =
        add(&before, id(1), id(3), new("СОР", &[Role::Inspector])).expect("fine as seen there");
    assert!(records.commit(&one));
    assert!(!records.commit(&other));
    let staff = records.staff();
    assert_eq!(
        add(&staff, id(1), id(3), new("Cop", &[Role::Inspector])),
        Err(Refusal::LoginGiven("cop".into()))
    );
    assert_eq!(staff.by_login("СОР").map(|person| person.id), Some(id(2)));
    assert!(staff.get(id(2)).expect("there").value.must_change);
}

#[test]
fn only_administrators_manage_people() {
    let mut records = founded();
    with(&mut records, 2, "senior", &[Role::Senior, Role::Trainer]);
    with(&mut records, 3, "chief", &[Role::Chief]);
    let staff = records.staff();
    let no = Err(Refusal::NoRight(Right::ManagePeople));
    for author in [id(2), id(3), id(99)] {
        assert_eq!(add(&staff, author, id(4), new("x1", &[Role::Guest])), no);
        assert_eq!(
            change_roles(&staff, author, id(1), [Role::Guest].into()),
            no
        );
        assert_eq!(disable(&staff, author, id(1)), no);
        assert_eq!(change_pin(&staff, author, id(1), None), no);
        assert_eq!(add_badge(&staff, author, id(1), "b"), no);
        assert_eq!(change(&staff, author, id(1), "X", None, Language::Ru), no);
    }
    assert_eq!(disable(&staff, id(1), id(99)), Err(Refusal::NoSuchPerson));
}

#[test]
fn duties_are_kept_apart() {
    let mut records = founded();
    let staff = records.staff();
    let mixed = [Role::Administrator, Role::Inspector];
    assert!(matches!(
        add(&staff, id(1), id(2), new("x1", &mixed)),
        Err(Refusal::Roles(RolesProblem::Apart(..)))
    ));
    assert!(matches!(
        add(&staff, id(1), id(2), new("x1", &[])),
        Err(Refusal::Roles(RolesProblem::None))
    ));
    assert_eq!(
        change_roles(&staff, id(1), id(1), [Role::Auditor].into()),
        Err(Refusal::OwnRoles)
    );
    with(&mut records, 2, "senior", &[Role::Senior]);
    let staff = records.staff();
    assert!(matches!(
        change_roles(&staff, id(1), id(2), [Role::Senior, Role::Auditor].into()),
        Err(Refusal::Roles(RolesProblem::Alone(Role::Auditor)))
    ));
    assert_eq!(
        change_roles(&staff, id(1), id(2), [Role::Senior].into()),
        Err(Refusal::NothingToDo)
    );
    let draft = change_roles(&staff, id(1), id(2), [Role::Chief].into()).expect("fine");
    assert_eq!(draft.detail["before"], serde_json::json!(["senior"]));
    assert_eq!(draft.detail["roles"], serde_json::json!(["chief"]));
}

#[test]
fn the_last_administrator_stays_also_when_two_disable_each_other() {
    let mut records = founded();
    assert_eq!(
        disable(&records.staff(), id(1), id(1)),
        Err(Refusal::LastAdministrator)
    );
    with(&mut records, 2, "other", &[Role::Administrator]);
    let before = records.staff();
    let one = disable(&before, id(1), id(2)).expect("another is left");
    let other = disable(&before, id(2), id(1)).expect("as seen there");
    let demoted = change_roles(&before, id(2), id(1), [Role::Guest].into()).expect("as seen there");
    assert!(records.commit(&one));
    assert!(!records.commit(&other));
    assert!(!records.commit(&demoted));
    let staff = records.staff();
    assert_eq!(
        staff.may(id(2), Right::ManagePeople),
        Answer::No,
        "disabled"
    );
    // A disabled administrator who gets another role and is enabled again is none.
    assert!(
        records.commit(&change_roles(&staff, id(1), id(2), [Role::Guest].into()).expect("fine"))
    );
    assert!(records.commit(&enable(&records.staff(), id(1), id(2)).expect("fine")));
    let staff = records.staff();
    let administrators = &staff.administrators.as_ref().expect("kept").value.people;
    assert_eq!(administrators, &[id(1)].into());
}

#[test]
fn a_given_pin_must_be_changed_and_an_own_one_not() {
    let mut records = founded();
    with(&mut records, 2, "ins", &[Role::Inspector]);
    let pin = || Some(Credential::new("new"));
    let own = change_pin(&records.staff(), id(2), id(2), pin()).expect("fine");
    assert!(records.commit(&own));
    assert!(!records.staff().get(id(2)).expect("there").value.must_change);
    assert!(
        !format!("{:?}", own.detail).contains("new"),
        "no PIN in the log"
    );
    let given = change_pin(&records.staff(), id(1), id(2), pin()).expect("fine");
    assert!(records.commit(&given));
    assert!(records.staff().get(id(2)).expect("there").value.must_change);
    let none = change_pin(&records.staff(), id(2), id(2), None);
    assert!(none.is_err(), "nobody takes the own PIN away");
    assert!(records.commit(&disable(&records.staff(), id(1), id(2)).expect("fine")));
    assert!(change_pin(&records.staff(), id(2), id(2), pin()).is_err());
}

#[test]
fn a_badge_has_one_owner() {
    let mut records = founded();
    with(&mut records, 2, "one", &[Role::Inspector]);
    with(&mut records, 3, "two", &[Role::Inspector]);
    let before = records.staff();
    let one = add_badge(&before, id(1), id(2), "04A1").expect("fine");
    let other = add_badge(&before, id(1), id(3), "04A1").expect("as seen there");
    assert!(records.commit(&one));
    assert!(!records.commit(&other));
    let staff = records.staff();
    assert_eq!(staff.by_badge("04A1").map(|person| person.id), Some(id(2)));
    assert!(staff.by_badge("04A2").is_none());
    assert_eq!(
        add_badge(&staff, id(1), id(3), "04A1"),
        Err(Refusal::BadgeGiven)
    );
    assert_eq!(
        add_badge(&staff, id(1), id(2), "04A1"),
        Err(Refusal::NothingToDo)
    );
    for bad in ["", "a\nb", &"x".repeat(257)] {
        assert_eq!(add_badge(&staff, id(1), id(3), bad), Err(Refusal::Badge));
    }
    assert!(records.commit(&remove_badges(&staff, id(1), id(2)).expect("fine")));
    assert!(records.all::<BadgeOwner>().is_empty());
    let again = add_badge(&records.staff(), id(1), id(3), "04A1").expect("free again");
    assert!(records.commit(&again));
}

#[test]
fn a_second_is_another_person_with_the_right() {
    let mut records = founded();
    with(&mut records, 2, "ins", &[Role::Inspector]);
    with(&mut records, 3, "sen", &[Role::Senior]);
    with(&mut records, 4, "gue", &[Role::Guest]);
    let staff = records.staff();
    let right = Right::ExportEvidence;
    assert_eq!(staff.may(id(2), right), Answer::WithSecond);
    assert!(staff.may_be_second(id(2), id(3), right));
    assert!(
        !staff.may_be_second(id(2), id(2), right),
        "nobody beside oneself"
    );
    assert!(!staff.may_be_second(id(2), id(4), right));
    assert!(
        !staff.may_be_second(id(2), id(1), right),
        "an administrator exports nothing"
    );
}

#[test]
fn every_kind_and_refusal_has_words() {
    for language in Language::ALL {
        let words = Words::new(language);
        for (kind, word, _) in KINDS {
            assert_eq!(word, format!("act-{kind}"));
            assert!(words.has(word), "{word}");
        }
        for refusal in [
            Refusal::NoRight(Right::ManagePeople),
            Refusal::NoSuchPerson,
            Refusal::Name(NameProblem::Empty),
            Refusal::Login(NameProblem::Empty),
            Refusal::LoginGiven("x".into()),
            Refusal::Pin(PinProblem::Date),
            Refusal::OwnRoles,
            Refusal::Roles(RolesProblem::None),
            Refusal::Roles(RolesProblem::Alone(Role::Guest)),
            Refusal::Roles(RolesProblem::Apart(Role::Chief, Role::Administrator)),
            Refusal::LastAdministrator,
            Refusal::NotTheFirst,
            Refusal::NothingToDo,
            Refusal::Badge,
            Refusal::BadgeGiven,
            Refusal::TooManyBadges,
        ] {
            let said = refusal.say(words);
            assert!(!said.contains(['[', '{']), "{said}");
        }
    }
}
