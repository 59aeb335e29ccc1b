//! Tests in simulated time, over tallies that are written as a store writes them.

use std::collections::BTreeMap;

use super::*;
use crate::model::roles::Role;
use crate::words::Language;

const CENTRE: &str = "aktobe";
const START: WallTime = WallTime(1_790_000_000_000_000_000);

fn after(seconds: i64) -> WallTime {
    START.plus_nanos(seconds * 1_000_000_000)
}

fn id(number: u8) -> Id {
    Id::new(START, [number; 10])
}

fn staff() -> Staff {
    let person = |number: u8, login: &str, role: Role| Kept {
        id: id(number),
        version: 1,
        seq: 1,
        centre: CENTRE.into(),
        value: Person {
            name: login.into(),
            login: login.into(),
            roles: [role].into(),
            credential: Some(Credential::new("phc")),
            disabled: false,
            ..Person::default()
        },
    };
    let mut people = vec![
        person(1, "ins", Role::Inspector),
        person(2, "sen", Role::Senior),
        person(3, "gone", Role::Inspector),
        person(4, "door", Role::Inspector),
        person(5, "guest", Role::Guest),
    ];
    people[2].value.disabled = true;
    people[3].value.credential = None;
    people[3].value.badges = vec![person::badge_hash(CENTRE, "04A1")];
    Staff {
        centre: CENTRE.into(),
        people,
        ..Staff::default()
    }
}

/// The tallies as the store has them.
#[derive(Clone, Default)]
struct Store(BTreeMap<Id, Kept<Tries>>);

impl Store {
    fn commit(&mut self, draft: &Draft) -> bool {
        let version = |id: Id| self.0.get(&id).map_or(0, |kept| kept.version);
        if draft
            .changes
            .iter()
            .any(|change| version(change.key.id) != change.expect)
        {
            return false;
        }
        for change in &draft.changes {
            let Some(body) = &change.body else {
                self.0.remove(&change.key.id);
                continue;
            };
            let kept = Kept {
                id: change.key.id,
                version: change.expect + 1,
                seq: 0,
                centre: CENTRE.into(),
                value: serde_json::from_str(body).expect("our own"),
            };
            self.0.insert(kept.id, kept);
        }
        true
    }

    /// What this seat would say from what is here.
    fn answer(&self, attempt: &Attempt<'_>, right: bool) -> Answered {
        let tallies = Tallies {
            login: self.0.get(&login_tally(CENTRE, attempt.typed)),
            seat: self.0.get(&seat_tally(CENTRE, attempt.seat)),
        };
        answer(&staff(), attempt, right, tallies)
    }

    /// One try from beginning to end.
    fn attempt(&mut self, typed: &str, seat: &str, right: bool, seconds: i64) -> Told {
        let attempt = Attempt {
            typed,
            seat,
            purpose: Purpose::SignIn,
            now: after(seconds),
        };
        let answered = self.answer(&attempt, right);
        if let Some(draft) = &answered.draft {
            assert!(self.commit(draft), "nobody else is there");
        }
        answered.told
    }
}

#[test]
fn the_fifth_wrong_one_rests_a_minute_and_each_further_one_twice_as_long() {
    for login in ["ins", "nobody", "gone", "door"] {
        let mut store = Store::default();
        for _ in 0..4 {
            assert_eq!(
                store.attempt(login, "1", false, 0),
                Told::Wrong { rest_s: 0 },
                "{login}"
            );
        }
        let mut now = 0;
        for rest_s in [60, 120, 240, 480, 900, 900] {
            let seat = rest_s.to_string(); // Another seat each time helps nothing.
            assert_eq!(
                store.attempt(login, &seat, false, now),
                Told::Wrong { rest_s },
                "{login}"
            );
            let rests = |left_s| Told::Resting {
                left_s,
                seat: false,
            };
            assert_eq!(store.attempt(login, "9", true, now), rests(rest_s));
            assert_eq!(
                store.attempt(login, "9", true, now + rest_s as i64 - 1),
                rests(1)
            );
            now += rest_s as i64;
        }
    }
}

#[test]
fn a_right_one_ends_the_row_and_a_day_forgets_it() {
    let mut store = Store::default();
    let let_in = Told::In {
        person: id(1),
        must_change: false,
    };
    for _ in 0..4 {
        store.attempt("ins", "1", false, 0);
    }
    assert_eq!(store.attempt("INS", "1", true, 0), let_in);
    for _ in 0..4 {
        assert_eq!(
            store.attempt("ins", "2", false, 1),
            Told::Wrong { rest_s: 0 }
        );
    }
    let later = 1 + LOGIN_FORGETS_S;
    assert_eq!(
        store.attempt("ins", "2", false, later),
        Told::Wrong { rest_s: 0 }
    );
}

#[test]
fn the_state_survives_as_records() {
    let mut store = Store::default();
    for _ in 0..5 {
        store.attempt("ins", "1", false, 0);
    }
    let again: Vec<String> = store
        .0
        .values()
        .map(|kept| serde_json::to_string(&kept.value).expect("JSON"))
        .collect();
    for (kept, text) in store.0.values_mut().zip(again) {
        kept.value = serde_json::from_str(&text).expect("read");
    }
    assert_eq!(
        store.attempt("ins", "2", true, 59),
        Told::Resting {
            left_s: 1,
            seat: false
        }
    );
}

#[test]
fn a_seat_that_tries_many_logins_rests_and_an_own_right_pin_does_not_wash_it() {
    let mut store = Store::default();
    for round in 0..9 {
        let told = store.attempt(&format!("login-{round}"), "1", false, 0);
        assert_eq!(told, Told::Wrong { rest_s: 0 });
        // In between the own PIN, and one's own slip.
        store.attempt("sen", "1", true, 0);
    }
    assert_eq!(
        store.attempt("login-9", "1", false, 0),
        Told::Wrong { rest_s: 60 }
    );
    assert_eq!(
        store.attempt("sen", "1", true, 1),
        Told::Resting {
            left_s: 59,
            seat: true
        }
    );
    assert!(
        matches!(store.attempt("sen", "2", true, 1), Told::In { .. }),
        "another seat"
    );
    // Slips that end well leave nothing at the seat.
    let mut store = Store::default();
    for _ in 0..20 {
        for _ in 0..4 {
            assert_eq!(
                store.attempt("ins", "1", false, 0),
                Told::Wrong { rest_s: 0 }
            );
        }
        assert!(matches!(
            store.attempt("ins", "1", true, 0),
            Told::In { .. }
        ));
    }
}

#[test]
fn a_thousand_wrong_pins_from_many_seats_are_told_no_more_than_allowed() {
    // Fifty seats look at the same time, each checks its PIN, and all of them write at once; whoever
    // comes late looks again. The right PIN is among those tried, which no seat may learn by luck.
    let mut store = Store::default();
    let (mut tried, mut told_wrong, mut told_right) = (0, 0, 0);
    for second in 0..20 {
        let seen = store.clone();
        for seat in 0..50 {
            tried += 1;
            let seat_name = format!("seat-{seat}");
            let attempt = Attempt {
                typed: "ins",
                seat: &seat_name,
                purpose: Purpose::SignIn,
                now: after(second),
            };
            let right = tried > 40; // The fifth answer is long told by then.
            let mut answered = seen.answer(&attempt, right);
            while let Some(draft) = &answered.draft {
                if store.commit(draft) {
                    break;
                }
                answered = store.answer(&attempt, right);
            }
            match answered.told {
                Told::Wrong { .. } => told_wrong += 1,
                Told::In { .. } => told_right += 1,
                Told::Resting { .. } => assert!(answered.draft.is_none(), "nothing is written"),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!((tried, told_wrong, told_right), (1000, LOGIN_TRIES, 0));

    // Over a day, with a try every second from a new seat: five, and one after each rest.
    let mut store = Store::default();
    let told = (0..24 * 3600_i64)
        .filter(|second| {
            let told = store.attempt("ins", &format!("seat-{second}"), false, *second);
            matches!(told, Told::Wrong { .. })
        })
        .count();
    assert!((95..=105).contains(&told), "{told}");
}

#[test]
fn what_is_told_and_written_of_an_unknown_login_is_as_of_a_known_one() {
    let store = Store::default();
    let of = |typed: &str| {
        store.answer(
            &Attempt {
                typed,
                seat: "1",
                purpose: Purpose::SignIn,
                now: START,
            },
            true, // Even so: of a login that nobody has no PIN is right.
        )
    };
    let hostile = "x\u{202e}'; DROP TABLE".repeat(1 << 10);
    for typed in ["nobody", "gone", "door", "", hostile.as_str()] {
        let answered = of(typed);
        assert_eq!(answered.told, Told::Wrong { rest_s: 0 }, "{typed:.20}");
        let draft = answered.draft.expect("written");
        assert_eq!(
            (draft.kind.as_str(), draft.changes.len()),
            ("sign-in-refused", 2)
        );
        let log = format!("{:?}", draft.detail);
        assert!(
            !log.contains("nobody") && !log.contains("DROP"),
            "what was typed stays out of the log"
        );
    }
    assert!(matches!(of("ins").told, Told::In { .. }));
    assert!(credential(&staff(), "ins").is_some());
    for typed in ["nobody", "gone", "door"] {
        assert!(credential(&staff(), typed).is_none(), "{typed}");
    }
}

#[test]
fn purposes_become_acts_of_their_kind() {
    let check = |typed: &str, purpose: Purpose, expect: &str| {
        let attempt = Attempt {
            typed,
            seat: "1",
            purpose,
            now: START,
        };
        let answered = answer(&staff(), &attempt, true, Tallies::default());
        let draft = answered.draft.expect("an act");
        assert_eq!(draft.kind, expect, "{typed} {purpose:?}");
        (answered.told, draft)
    };
    let beside = |right| Purpose::Second {
        author: id(1),
        right,
    };
    check("ins", Purpose::SignIn, "sign-in");
    check("ins", Purpose::Unlock { holder: id(1) }, "seat-unlocked");
    let (_, draft) = check("sen", Purpose::Unlock { holder: id(1) }, "sign-in");
    assert_eq!(draft.detail["instead_of"], id(1).to_string());
    check("sen", beside(Right::ExportEvidence), "second-signed-in");
    for (typed, right) in [
        ("ins", Right::ExportEvidence), // beside oneself
        ("guest", Right::ExportEvidence),
        ("sen", Right::ManagePeople),
    ] {
        let (told, draft) = check(typed, beside(right), "sign-in-refused");
        assert_eq!(told, Told::NotASecond);
        let login: Tries =
            serde_json::from_str(draft.changes[0].body.as_ref().expect("a tally")).expect("read");
        assert_eq!(login.wrong, 0, "the PIN was right");
    }
}

#[test]
fn the_door_signs_in_whom_it_names_and_no_disabled_one() {
    let staff = staff();
    let door = |who: &str| answer_door(&staff, who, Purpose::SignIn);
    for who in ["04A1", "door", "DOOR"] {
        let answered = door(who);
        assert_eq!(
            answered.told,
            Told::In {
                person: id(4),
                must_change: false
            },
            "{who}"
        );
        assert_eq!(answered.draft.expect("an act").detail["via"], "door");
    }
    for who in ["gone", "04A2", "", "\u{202e}"] {
        let answered = door(who);
        assert_eq!(answered.told, Told::UnknownAtTheDoor, "{who:?}");
        assert_eq!(answered.draft.expect("an act").kind, "sign-in-refused");
    }
}

#[test]
fn old_tallies_are_swept() {
    let mut store = Store::default();
    store.attempt("nobody", "1", false, 0);
    store.attempt("ins", "2", false, LOGIN_FORGETS_S);
    assert_eq!(sweep(store.0.values(), START), None);
    let draft = sweep(store.0.values(), after(LOGIN_FORGETS_S + 1)).expect("two are old");
    assert_eq!(draft.changes.len(), 2);
    assert!(store.commit(&draft));
    assert_eq!(store.0.len(), 2);
}

#[test]
fn everything_told_is_said_in_every_language() {
    for language in Language::ALL {
        let words = Words::new(language);
        for told in [
            Told::Wrong { rest_s: 0 },
            Told::Wrong { rest_s: 60 },
            Told::Resting {
                left_s: 7,
                seat: false,
            },
            Told::Resting {
                left_s: 7,
                seat: true,
            },
            Told::NotASecond,
            Told::UnknownAtTheDoor,
        ] {
            let said = told.say(words);
            assert!(!said.is_empty() && !said.contains(['[', '{']), "{said}");
        }
    }
}
