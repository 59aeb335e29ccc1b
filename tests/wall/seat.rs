//! Who sits at the seat, as the operator meets it.

use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};
use qyran::app::command::{Command, Side};
use qyran::app::seat::session::{Panel, Session};
use qyran::app::seat::{SeatState, Wish};
use qyran::base::clock::WallTime;
use qyran::model::act::Draft;
use qyran::model::camera::Names;
use qyran::model::id::Id;
use qyran::model::person::Credential;
use qyran::model::roles::Role;
use qyran::model::shift::post::{self, Post, Watched};
use qyran::model::shift::presence::{Presence, SeatState as Doing};
use qyran::model::shift::{By, cover, handover};
use qyran::model::staff::{self, NewPerson};
use qyran::store::database::Row;
use qyran::words::{Language, Words};

use super::{NOW, TestWall, commands, harness, snapshot, wall};

pub(crate) fn id(number: u8) -> Id {
    Id::new(NOW, [number; 10])
}

/// What a draft changes, as the store would tell it.
pub(crate) fn keep(seat: &mut SeatState, draft: Draft) {
    let centre = seat.centre.clone();
    keep_of(seat, &centre, draft);
}

/// The same of a seat of another centre.
pub(crate) fn keep_of(seat: &mut SeatState, centre: &str, draft: Draft) {
    for change in draft.changes {
        let row = Row {
            key: change.key,
            version: change.expect + 1,
            seq: 0,
            centre: centre.to_owned(),
            at: NOW,
            body: change.body,
        };
        seat.records.learn(&row);
    }
}

/// A seat of a centre with three people, of whom `sits` sits here.
fn seat(language: Language, session: Session) -> SeatState {
    let mut seat = SeatState::new("seat-1".into(), "Ақтөбе".into(), session);
    seat.ready = true;
    let words = Words::new(language);
    let people = [
        (id(1), Role::Inspector, "1"),
        (id(2), Role::Inspector, "2"),
        (id(3), Role::Administrator, ""),
    ];
    let people = people.map(|(id, role, number)| {
        let new = NewPerson {
            name: format!("{} {number}", role.word(words)).trim().to_owned(),
            login: format!("{}{number}", role.key()),
            roles: [role].into(),
            language,
            credential: Some(Credential::new("$")),
            ..NewPerson::default()
        };
        (id, new)
    });
    let draft = staff::found(&seat.records.staff, people.into()).expect("people");
    keep(&mut seat, draft);
    for (number, person) in [(1, id(1)), (2, id(2))] {
        seat.presences.push(Presence {
            seat: format!("seat-{number}"),
            centre: seat.centre.clone(),
            person: Some(person),
            posts: vec![id(10 + number)],
            state: Doing::Present,
            answers: Vec::new(),
            since: NOW,
            seen: NOW,
            without_break_secs: 0,
        });
    }
    seat
}

pub(crate) fn here() -> Session {
    Session::In {
        person: id(1),
        since: WallTime(0),
        must_change: None,
    }
}

pub(crate) fn seated(language: Language, session: Session) -> TestWall {
    let mut test = wall(4, language);
    test.state.seat = seat(language, session);
    test
}

#[test]
fn the_first_start_asks_for_an_administrator_and_what_is_typed_is_no_command() {
    let mut test = wall(4, Language::En);
    let nobody = Session::Nobody(Panel::default());
    test.state.seat = SeatState::new("seat-1".into(), "north".into(), nobody);
    test.state.seat.ready = true;
    let mut harness = harness(test, 900.0, 600.0);
    for (label, text) in [
        ("Name", "It is first"),
        ("Login", "it"),
        ("PIN or password", "734952"),
        ("The same again", "734952"),
    ] {
        harness.get_by_label(label).focus();
        harness.run_steps(2);
        harness.get_by_label(label).type_text(text);
        harness.run_steps(2);
    }
    assert!(commands(&harness).is_empty(), "{:?}", commands(&harness));
    harness.get_by_label("Create administrator").click();
    harness.run_steps(2);
    let all = commands(&harness);
    let [Command::Seat(Wish::FirstAdministrator { name, login, pin })] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!((name.as_str(), login.as_str()), ("It is first", "it"));
    assert_eq!(pin.reveal(), "734952");
    assert!(
        !format!("{all:?}").contains("734952"),
        "a PIN is not printed"
    );
}

#[test]
fn a_seat_where_nobody_sits_shows_the_wall_and_does_nothing() {
    let mut test = seated(Language::En, Session::Nobody(Panel::default()));
    for command in [Command::ToggleEnlarged, Command::ToggleSide(Side::Shift)] {
        test.obey(command);
    }
    assert!(!test.state.enlarged && test.state.side.is_none());
    let harness = harness(test, 900.0, 600.0);
    assert!(harness.query_all_by_label("Sign in").count() > 0);
    harness.get_by_label_contains("Avenue 1");
}

#[test]
fn what_was_typed_to_sign_in_is_not_there_when_the_seat_is_locked() {
    let locked = |panel| Session::Locked {
        person: id(1),
        since: NOW,
        panel,
    };
    let mut harness = harness(seated(Language::En, locked(Panel::default())), 900.0, 600.0);
    harness.get_by_label("PIN or password").focus();
    harness.run_steps(2);
    harness.get_by_label("PIN or password").type_text("734952");
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    let signed = |harness: &Harness<'_, TestWall>| {
        let all = commands(harness);
        let pin = all.iter().map(|command| match command {
            Command::Seat(Wish::SignIn { pin, .. }) => pin.reveal().to_owned(),
            other => panic!("{other:?}"),
        });
        pin.collect::<Vec<_>>()
    };
    assert_eq!(signed(&harness), ["734952"]);
    // They sit at the wall for a while, then leave it locked.
    harness.state_mut().state.seat.session = here();
    harness.run_steps(2);
    harness.state_mut().state.seat.session = locked(Panel::default());
    harness.run_steps(2);
    harness.get_by_label("PIN or password").focus();
    harness.run_steps(2);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    harness.run_steps(2);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(signed(&harness), ["734952"], "nothing was typed since");
}

#[test]
fn pictures_of_signing_in_and_of_the_lock_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let words = Words::new(language);
        let panel = Panel {
            said: Some(words.with("sign-in-login-rests", &[("seconds", 47.into())])),
            ..Panel::default()
        };
        let locked = Session::Locked {
            person: id(1),
            since: NOW,
            panel,
        };
        let mut harness = harness(seated(language, locked), 720.0, 460.0);
        let name = format!("locked_{}", language.tag());
        snapshot(&mut harness, &mut results, &name);
    }
    let nobody = Session::Nobody(Panel::default());
    let mut test = wall(4, Language::Kk);
    test.state.seat = SeatState::new("seat-1".into(), "Ақтөбе".into(), nobody);
    test.state.seat.ready = true;
    let mut harness = harness(test, 720.0, 460.0);
    snapshot(&mut harness, &mut results, "first_start_kk");
}

#[test]
fn pictures_of_the_shift_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut test = seated(language, here());
        let centre = test.state.seat.centre.clone();
        let by = |number| By {
            person: id(number),
            seat: if number == 1 { "seat-1" } else { "seat-2" },
            centre: &centre,
        };
        let seat = &mut test.state.seat;
        let mut kept = |draft: fn(&SeatState, By<'_>, By<'_>) -> Draft| {
            let draft = draft(seat, by(1), by(2));
            keep(seat, draft);
        };
        kept(|seat, one, _| post::save(&seat.known(NOW), one, id(11), &set(1)).expect("a post"));
        kept(|seat, one, _| post::save(&seat.known(NOW), one, id(12), &set(2)).expect("a post"));
        kept(|seat, one, _| post::save(&seat.known(NOW), one, id(13), &set(3)).expect("a post"));
        kept(|seat, one, _| post::take(&seat.known(NOW), one, id(11)).expect("taken"));
        kept(|seat, _, two| post::take(&seat.known(NOW), two, id(12)).expect("taken"));
        kept(|seat, _, two| {
            handover::draft(&seat.known(NOW), two, id(20), Vec::new(), &[]).expect("begun")
        });
        kept(|seat, _, two| {
            let kept = &seat.records.handovers[0];
            handover::note(two, kept, id(21), "Әліби көшесі 5: есік ашық", true).expect("noted")
        });
        kept(|seat, _, two| {
            let kept = &seat.records.handovers[0];
            handover::note(two, kept, id(22), "Дворник придёт в 9:00", false).expect("noted")
        });
        kept(|seat, one, two| {
            let kept = &seat.records.handovers[0];
            handover::offer(&seat.known(NOW), two, kept, one.person).expect("offered")
        });
        kept(|seat, one, _| {
            let kept = &seat.records.handovers[0];
            handover::open(&seat.known(NOW), one, kept).expect("opened")
        });
        kept(|seat, one, two| {
            cover::offer(&seat.known(NOW), one, id(30), two.person).expect("offered")
        });
        test.state.side = Some(Side::Shift);
        let mut harness = harness(test, 900.0, 820.0);
        let name = format!("shift_{}", language.tag());
        snapshot(&mut harness, &mut results, &name);
        // The critical item stands against finishing.
        let words = Words::new(language);
        harness.get_by_label(&words.get("handover-finish")).click();
        harness.run_steps(2);
        assert!(commands(&harness).is_empty());
    }
}

pub(crate) fn set(number: usize) -> Post {
    let watched = |n: usize| Watched {
        camera: super::camera(100 * number + n).id,
        shared: false,
    };
    Post {
        name: Names {
            kk: format!("{number}-бекет"),
            ru: format!("Пост {number}"),
            en: format!("Post {number}"),
        },
        cameras: (0..15).map(watched).collect(),
        ..Post::default()
    }
}
