//! What people type, clocks that are wrong, and somebody who tries PINs: on both engines.

use qyran::base::clock::{self, WallTime};
use qyran::model::act::{Act, Draft, Kept as Record, Key, LONGEST_DETAIL, LONGEST_NAME};
use qyran::model::id::Id;
use qyran::model::person::Credential;
use qyran::model::sign_in::{
    Attempt, LOGIN_TRIES, Purpose, Tallies, Told, Tries, answer, login_tally, resting, seat_tally,
};
use qyran::model::staff::{NewPerson, Staff, first_administrator};
use qyran::store::database::{Kept, Outcome, new_id};
use qyran::store::log::line::Entry;

use crate::harness::{Place, Seat, new_key, put, signed, verified};

/// Texts that have harmed programs.
fn hostile() -> Vec<String> {
    let mut all: Vec<String> = [
        "'; DROP TABLE qyran.log; --",
        "\" OR 1=1 /*",
        "$1 :name ?1 %s {} \\",
        "\u{202e}кері қарай жазылған\u{202c}",
        "\u{2066}\u{200b}\u{feff}\u{2028}\u{2029}",
        "a\u{0}b",
        "\u{1}\u{7}\u{8}\u{1b}[31m\u{7f}\u{85}",
        "line\nof\r\ntwo\tcolumns",
        "Әділет Қасымханұлы Ғ. Ңұрғұлі, Өскемен ҰІҺ",
        "👮🏽‍♀️🇰🇿 e\u{301}\u{327}",
        "\u{fffd}\u{ffff}\u{10ffff}\u{e000}",
        "NULL",
        "{\"a\":1}]}",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        " ",
        "",
        "\\u0000",
    ]
    .map(str::to_owned)
    .into();
    all.push("ұ".repeat(300));
    all.push("x".repeat(1 << 20));
    all
}

/// What became of it, and whether that was to be.
fn fits(kept: &Kept, wanted: bool) -> bool {
    match kept {
        Kept::Settled(Outcome::Done { .. }) => wanted,
        Kept::Settled(Outcome::Unfit(_)) => !wanted,
        _ => false,
    }
}

#[test]
fn whatever_is_typed_comes_back_as_it_was_or_is_refused() {
    for place in Place::both() {
        let seat = Seat::open(signed(place.options("seat"))).settled();
        let mut kept = Vec::new();
        for text in hostile() {
            let zero = text.contains('\0');
            let key = new_key();
            let body = serde_json::json!({ "text": text, text.clone(): 1 }).to_string();
            let short = text.len() <= LONGEST_DETAIL / 2;
            // In a record, as what it is about and in a detail.
            let mut act = seat.act("made", vec![put(&key, 0, &body)]);
            act.about = Some(text.clone());
            act.detail.insert("text".to_owned(), text.clone().into());
            act.detail.insert(text.clone(), "a name".into());
            let said = seat.submit(&act).expect("an answer");
            let start: String = text.escape_debug().take(30).collect();
            assert!(
                fits(&said, short && !zero),
                "{}: {start}: {said:?}",
                place.name
            );
            if matches!(said, Kept::Settled(Outcome::Done { .. })) {
                kept.push((act, key, body));
            }
            // As the name of a seat, of a centre's, of a kind.
            let name = text.len() <= LONGEST_NAME
                && !text.trim().is_empty()
                && !text.chars().any(char::is_control);
            let named = seat.act("made", Vec::new());
            for act in [
                Act {
                    seat: text.clone(),
                    ..named.clone()
                },
                Act {
                    kind: text.clone(),
                    ..Act {
                        id: new_id(),
                        ..named.clone()
                    }
                },
                seat.act("made", vec![put(&Key::new(&text, new_id()), 0, "{}")]),
            ] {
                let said = seat.submit(&act).expect("an answer");
                assert!(fits(&said, name), "{}: {start}: {said:?}", place.name);
            }
        }
        assert!(kept.len() > 10);
        let seat = Seat::open(seat.close()).settled();
        let lines = seat.store().lines(0, 10_000).expect("asked").wait();
        let lines = lines.expect("lines");
        for (act, key, body) in &kept {
            assert_eq!(
                seat.with(|known| known.body(key).map(str::to_owned)),
                Some(body.clone())
            );
            let id = act.id.to_string();
            let line = lines
                .iter()
                .find(|line| line.text.contains(&id))
                .expect("its line");
            let entry = Entry::parse(&line.text).expect("a line");
            assert_eq!(
                (&entry.about, &entry.detail),
                (&act.about, &act.detail),
                "{}",
                place.name
            );
        }
        verified(&seat);
    }
}

#[test]
fn a_seat_whose_clock_is_wrong_is_told_apart_from_the_store_s() {
    const HOUR: i64 = 3_600_000_000_000;
    for place in Place::both() {
        let seat = Seat::open(signed(place.options("seat"))).settled();
        let begun = clock::wall_now();
        let offsets = [0, HOUR, -HOUR, 24 * HOUR, 0];
        for by in offsets {
            let mut act = seat.act("made", vec![put(&new_key(), 0, "{}")]);
            act.at = act.at.plus_nanos(by);
            seat.must(&act);
        }
        let lines = seat
            .store()
            .lines(0, 10)
            .expect("asked")
            .wait()
            .expect("lines");
        let mut last = begun.plus_nanos(-1_000_000_000);
        for (line, by) in lines.iter().zip(offsets) {
            let entry = Entry::parse(&line.text).expect("a line");
            let off = entry.seat_at.nanos_since(entry.at) - by;
            assert!(off.abs() < 10_000_000_000, "{}: {off}", place.name);
            // The store's own clock goes on, whatever seats say.
            assert!(entry.at >= last, "{}", place.name);
            last = entry.at;
        }
        for row in seat.with(|known| known.told.clone()) {
            assert!(
                row.at.nanos_since(begun).abs() < 60_000_000_000,
                "{}",
                place.name
            );
        }
        verified(&seat);
    }
}

/// What a seat knows of the tallies of a login and of itself.
fn tally(seat: &Seat, id: Id) -> Option<Record<Tries>> {
    seat.with(|known| {
        let row = known.rows.get(&Key::new("tries", id))?;
        Some(Record {
            id,
            version: row.version,
            seq: row.seq,
            centre: row.centre.clone(),
            value: serde_json::from_str(row.body.as_ref()?).ok()?,
        })
    })
}

/// The act of a draft.
fn act_of(seat: &Seat, draft: Draft) -> Act {
    Act {
        detail: draft.detail,
        about: draft.about,
        ..seat.act(&draft.kind, draft.changes)
    }
}

/// One try at a seat, told as the program does it: only when the act was kept.
fn one_try(seat: &Seat, staff: &Staff, right: bool, now: WallTime) -> Told {
    for _ in 0..50 {
        let (login, own) = (
            tally(seat, login_tally("north", "boss")),
            tally(seat, seat_tally("north", &seat.options.seat)),
        );
        let tallies = Tallies {
            login: login.as_ref(),
            seat: own.as_ref(),
        };
        if let Some(told) = resting(tallies, now) {
            return told;
        }
        let attempt = Attempt {
            typed: "boss",
            seat: &seat.options.seat,
            purpose: Purpose::SignIn,
            now,
        };
        let answered = answer(staff, &attempt, right, tallies);
        let act = act_of(seat, answered.draft.expect("an act"));
        match seat.submit(&act).expect("an answer") {
            Kept::Settled(Outcome::Done { seq }) => {
                seat.until("its own", |known| {
                    act.changes.iter().all(|change| {
                        known
                            .rows
                            .get(&change.key)
                            .is_some_and(|row| row.seq >= seq)
                    })
                });
                return answered.told;
            }
            // Another seat was first: looked at again.
            Kept::Settled(Outcome::Conflict(conflict)) => {
                seat.until("what is there", |known| {
                    known.version(&conflict.key) >= conflict.version
                });
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("always somebody else was first");
}

#[test]
fn of_a_thousand_wrong_pins_from_several_seats_few_are_answered() {
    for place in Place::both() {
        let seats: Vec<Seat> = (0..4).map(|_| place.seat().settled()).collect();
        let mut staff = Staff {
            centre: "north".to_owned(),
            ..Staff::default()
        };
        let person = new_id();
        let new = NewPerson {
            name: "Boss".to_owned(),
            login: "boss".to_owned(),
            credential: Some(Credential::new("$argon2id$none")),
            ..NewPerson::default()
        };
        let draft = first_administrator(&staff, person, new).expect("the first");
        let first = act_of(&seats[0], draft);
        seats[0].must(&first);
        let made = first
            .changes
            .iter()
            .find(|change| change.key.kind == "person");
        let body = made
            .and_then(|change| change.body.as_ref())
            .expect("a person");
        staff.people.push(Record {
            id: person,
            version: 1,
            seq: 0,
            centre: "north".to_owned(),
            value: serde_json::from_str(body).expect("a person"),
        });
        let now = clock::wall_now();
        let tries = |right: bool, now: WallTime| -> Vec<Told> {
            std::thread::scope(|scope| {
                let staff = &staff;
                let all: Vec<_> = seats
                    .iter()
                    .map(|seat| {
                        scope.spawn(move || {
                            let told = (0..250).map(|_| one_try(seat, staff, right, now));
                            told.collect::<Vec<_>>()
                        })
                    })
                    .collect();
                all.into_iter()
                    .flat_map(|one| one.join().expect("told"))
                    .collect()
            })
        };
        let answered = |told: &[Told]| {
            told.iter()
                .filter(|told| matches!(told, Told::Wrong { .. }))
                .count()
        };
        let told = tries(false, now);
        assert_eq!(told.len(), 1000);
        assert_eq!(answered(&told), LOGIN_TRIES as usize, "{}", place.name);
        assert!(told.iter().all(|told| !matches!(told, Told::In { .. })));
        // The right one is not even tried while the login rests.
        let told = one_try(&seats[0], &staff, true, now);
        assert!(matches!(told, Told::Resting { .. }), "{told:?}");
        // After the rest one more is answered, and then the right one lets in again.
        let later = now.plus_nanos(61_000_000_000);
        assert_eq!(answered(&tries(false, later)), 1, "{}", place.name);
        let much_later = now.plus_nanos(3_600_000_000_000);
        let told = one_try(&seats[1], &staff, true, much_later);
        assert!(matches!(told, Told::In { .. }), "{told:?}");
        // Each answered try stands in the log, and none that was not.
        assert_eq!(
            seats[0].log().len(),
            1 + LOGIN_TRIES as usize + 1 + 1,
            "{}",
            place.name
        );
    }
}
