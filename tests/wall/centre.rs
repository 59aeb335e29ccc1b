//! The centre's panel: people, posts, roles, the log, what was refused, and four eyes.

use egui_kittest::SnapshotResults;
use egui_kittest::kittest::Queryable as _;
use qyran::app::command::{Command, Side, Tab};
use qyran::app::seat::log_page::{LogPage, LogWish};
use qyran::app::seat::{PeopleWish, PostWish, Wish};
use qyran::model::act::{Act, Key};
use qyran::model::condition::Administration;
use qyran::model::roles::{Right, Role};
use qyran::model::shift::By;
use qyran::model::shift::post::{self, Post};
use qyran::store::database::Refused;
use qyran::store::log::line::Entry;
use qyran::words::{Language, Words};

use super::seat::{here, id, keep, seated, set};
use super::{NOW, TestWall, commands, harness, snapshot};

/// A wall before which somebody with these roles sits.
fn wall_of(language: Language, role: Role) -> TestWall {
    let mut test = seated(language, here());
    let people = &mut test.state.seat.records.staff.people;
    let person = people.iter_mut().find(|kept| kept.id == id(1));
    person.expect("somebody").value.roles = [role].into();
    test
}

fn centre(language: Language, role: Role, tab: Tab) -> TestWall {
    let mut test = wall_of(language, role);
    test.state.side = Some(Side::Centre(tab));
    test
}

fn line(index: u64, kind: &str, about: Option<String>) -> Entry {
    let detail = if kind == "enlarged" {
        serde_json::json!({ "seconds": 41 })
    } else {
        serde_json::json!({})
    };
    Entry {
        index,
        act: id(90),
        at: NOW.plus_nanos(index as i64 * 61_000_000_000),
        seat_at: NOW,
        seat: "seat-2".into(),
        centre: "Ақтөбе".into(),
        author: (index > 0).then(|| id(2)),
        second: (kind == "mask-lifted").then(|| id(1)),
        kind: kind.into(),
        about,
        detail: detail.as_object().expect("an object").clone(),
        changes: Vec::new(),
    }
}

#[test]
fn each_role_opens_what_it_may_and_nothing_else() {
    let cases = [
        (Role::Inspector, Some(Tab::Conflicts), 2),
        (Role::Senior, Some(Tab::Posts), 3),
        (Role::Auditor, Some(Tab::Log), 3),
        (Role::Administrator, Some(Tab::People), 3),
        (Role::Guest, Some(Tab::Conflicts), 2),
    ];
    for (role, first, count) in cases {
        let mut test = wall_of(Language::En, role);
        test.obey(Command::ToggleCentre);
        assert_eq!(test.state.side, first.map(Side::Centre), "{role:?}");
        let mut open = 0;
        for tab in Tab::ALL {
            test.state.side = None;
            test.obey(Command::ToggleSide(Side::Centre(tab)));
            open += usize::from(test.state.side.is_some());
        }
        assert_eq!(open, count, "{role:?}");
    }
}

#[test]
fn people_are_added_and_given_roles() {
    let test = centre(Language::En, Role::Administrator, Tab::People);
    let mut harness = harness(test, 1600.0, 900.0);
    for (label, text) in [
        ("Name", "Inspector 7"),
        ("Login", "seven"),
        ("PIN or password", "734952"),
    ] {
        harness.get_by_label(label).focus();
        harness.run_steps(2);
        harness.get_by_label(label).type_text(text);
        harness.run_steps(2);
    }
    let words = Words::new(Language::En);
    harness.get_by_label(&Role::Inspector.word(words)).click();
    harness.run_steps(2);
    harness.get_by_label("Add").click();
    harness.run_steps(2);
    let all = commands(&harness);
    let [Command::Seat(Wish::People(PeopleWish::Add { new, pin }))] = &all[..] else {
        panic!("{all:?}");
    };
    assert_eq!(
        (new.name.as_str(), new.login.as_str()),
        ("Inspector 7", "seven")
    );
    assert_eq!(new.roles, [Role::Inspector].into());
    assert_eq!(pin.reveal(), "734952");
    let second = harness.get_all_by_label_contains(" 2").next();
    second.expect("a person").click();
    harness.run_steps(2);
    harness.get_by_label("Block sign-in").click();
    harness.run_steps(2);
    let last = commands(&harness).pop();
    assert_eq!(
        last,
        Some(Command::Seat(Wish::People(PeopleWish::Disable(id(2)))))
    );
}

#[test]
fn a_post_is_made_of_cameras_that_are_searched_for() {
    let test = centre(Language::En, Role::Senior, Tab::Posts);
    let mut harness = harness(test, 1600.0, 900.0);
    for (label, text) in [("English", "Bazaar"), ("Русский", "Базар")] {
        harness.get_by_label(label).focus();
        harness.run_steps(2);
        harness.get_by_label(label).type_text(text);
        harness.run_steps(2);
    }
    let add = harness.get_all_by_label("+").next().expect("a camera");
    add.click();
    harness.run_steps(2);
    harness.get_by_label("Save").click();
    harness.run_steps(2);
    let all = commands(&harness);
    let Some(Command::Seat(Wish::Post(PostWish::Save { id: None, post }))) = all.last() else {
        panic!("{all:?}");
    };
    assert_eq!(post.name.en, "Bazaar");
    assert_eq!(post.cameras.len(), 1);
    assert_eq!(post.cameras[0].camera.as_str(), "cam-001");
}

#[test]
fn the_log_is_read_when_it_is_opened() {
    let test = centre(Language::En, Role::Auditor, Tab::Log);
    let mut harness = harness(test, 1600.0, 900.0);
    let shown = commands(&harness);
    assert!(
        matches!(&shown[..], [Command::Seat(Wish::Log(LogWish::Show(_))), ..]),
        "{shown:?}"
    );
    harness.get_by_label("Check the log").click();
    harness.run_steps(2);
    let last = commands(&harness);
    assert!(last.contains(&Command::Seat(Wish::Log(LogWish::Verify))));
}

#[test]
fn a_mask_is_lifted_with_a_second_person_only() {
    let mut test = wall_of(Language::En, Role::Inspector);
    let masked = test.state.cameras[0].id.clone();
    std::sync::Arc::make_mut(&mut test.state.cameras[0]).service = Administration::Masked;
    let lift = Command::LiftMask(masked.clone());
    test.obey(lift.clone());
    assert!(test.state.lifted.is_empty());
    let asked = test
        .state
        .seat
        .four_eyes
        .clone()
        .expect("a second is asked");
    assert_eq!(asked.right, Right::LiftMasks);
    let mut harness = harness(test, 900.0, 600.0);
    for (label, text) in [("Login", "inspector2"), ("PIN or password", "734952")] {
        harness.get_by_label(label).focus();
        harness.run_steps(2);
        harness.get_by_label(label).type_text(text);
        harness.run_steps(2);
    }
    harness.get_by_label("Confirm").click();
    harness.run_steps(2);
    let last = commands(&harness).pop();
    assert!(
        matches!(&last, Some(Command::Seat(Wish::SignInSecond { login, .. })) if login == "inspector2"),
        "{last:?}"
    );
    let test = harness.state_mut();
    test.state.seat.four_eyes = None;
    // The same person is no second, nor somebody with another right; another inspector is.
    for (second, right, lifted) in [
        (id(1), Right::LiftMasks, false),
        (id(3), Right::LiftMasks, false),
        (id(2), Right::ChangeRules, false),
        (id(2), Right::LiftMasks, true),
    ] {
        test.state.seat.second = Some((second, right));
        test.state.apply(lift.clone());
        assert_eq!(test.state.lifted.contains_key(&masked), lifted, "{right:?}");
        test.state.seat.four_eyes = None;
    }
}

#[test]
fn pictures_of_the_centre_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let tag = language.tag();
        let mut people = harness(
            centre(language, Role::Administrator, Tab::People),
            1500.0,
            620.0,
        );
        people
            .get_all_by_label_contains(" 2")
            .next()
            .expect("a person")
            .click();
        people.run_steps(2);
        snapshot(&mut people, &mut results, &format!("people_{tag}"));
        let mut roles = harness(centre(language, Role::Auditor, Tab::Roles), 1500.0, 720.0);
        snapshot(&mut roles, &mut results, &format!("roles_{tag}"));
        let mut posts = centre(language, Role::Senior, Tab::Posts);
        let seat = &mut posts.state.seat;
        let name = seat.centre.clone();
        let by = By {
            person: id(1),
            seat: "seat-1",
            centre: &name,
        };
        for number in [11, 12] {
            let draft = post::save(
                &seat.known(NOW),
                by,
                id(number),
                &set(usize::from(number) - 10),
            );
            keep(seat, draft.expect("a post"));
        }
        let draft = post::write_card(
            &seat.known(NOW),
            by,
            id(11),
            "Ақ Toyota, 123 ABC 04",
            None,
            true,
        );
        keep(seat, draft.expect("written"));
        let shown: Vec<Post> = seat.records.posts.iter().map(|p| p.value.clone()).collect();
        let label = shown[0].name.get(language).to_owned();
        let mut posts = harness(posts, 1500.0, 800.0);
        let first = posts.get_all_by_label(&label).next();
        first.expect("a post").click();
        posts.run_steps(2);
        snapshot(&mut posts, &mut results, &format!("posts_{tag}"));
        let mut log = centre(language, Role::Auditor, Tab::Log);
        log.state.seat.log = LogPage {
            wanted: 400,
            below: 12,
            lines: vec![
                line(17, "handover-finished", Some(id(20).to_string())),
                line(16, "mask-lifted", Some("cam-001".into())),
                line(15, "enlarged", Some("cam-002".into())),
                line(14, "person-disabled", Some(id(2).to_string())),
                line(13, "sign-in-refused", None),
                line(12, "sign-in", Some(id(2).to_string())),
            ],
            ..LogPage::default()
        };
        let mut log = harness(log, 1500.0, 420.0);
        snapshot(&mut log, &mut results, &format!("log_{tag}"));
        let mut refused = centre(language, Role::Inspector, Tab::Conflicts);
        refused.state.seat.conflicts.push(Refused {
            act: Act {
                id: id(91),
                at: NOW,
                seat: "seat-1".into(),
                centre: "Ақтөбе".into(),
                author: Some(id(1)),
                second: None,
                kind: "claim-taken".into(),
                about: Some("camera:cam-003".into()),
                detail: serde_json::Map::new(),
                changes: Vec::new(),
            },
            why: "claim: version 3, not 2".into(),
            key: Some(Key::new("claim", id(92))),
            body: Some(format!("{{\"holder\":{{\"person\":\"{}\"}}}}", id(2))),
        });
        let mut refused = harness(refused, 1500.0, 360.0);
        snapshot(&mut refused, &mut results, &format!("refused_{tag}"));
        let mut second = wall_of(language, Role::Inspector);
        std::sync::Arc::make_mut(&mut second.state.cameras[0]).service = Administration::Masked;
        let masked = second.state.cameras[0].id.clone();
        second.obey(Command::LiftMask(masked));
        let mut second = harness(second, 720.0, 460.0);
        snapshot(&mut second, &mut results, &format!("second_{tag}"));
    }
}
