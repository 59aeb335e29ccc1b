//! Alarms beside the wall: seen, answered, put aside and found again, by mouse and keys.

use eframe::egui::Key;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};
use qyran::app::alarms::{Across, AlarmTab, AlarmsCommand, Crop, InMemory, Sound};
use qyran::app::command::{Command, Side};
use qyran::app::seat::{AlarmWish, Wish};
use qyran::model::act::{Draft, Kept};
use qyran::model::alarm::Hand;
use qyran::model::alarm::acts::{self, Deed, News};
use qyran::model::alarm::alarm::{Alarm, Past};
use qyran::model::alarm::aside::{self, Lesson};
use qyran::model::alarm::between::{self, Origin, Papers};
use qyran::model::alarm::class::ClassKey;
use qyran::model::alarm::load;
use qyran::model::alarm::occurrence::Occurrence;
use qyran::model::alarm::verdict::Judgement;
use qyran::model::camera::Position;
use qyran::model::detection::fact::Stage;
use qyran::model::id::Id;
use qyran::model::roles::Role;
use qyran::model::shift::{By, Known, request};
use qyran::words::{Language, Words};

use super::seat::{here, id, keep, keep_of, seated};
use super::{NOW, TestWall, harness, snapshot};

const MINUTE: i64 = 60_000_000_000;

/// Something is said, so many seconds ago.
fn says(test: &mut TestWall, class: &str, camera: Option<usize>, subject: &str, ago_s: i64) {
    let seat = &mut test.state.seat;
    let at = NOW.plus_nanos(-ago_s * 1_000_000_000);
    let number = seat.records.alarms_changed;
    let occurrence = Occurrence {
        id: Id::named(&format!("news {number}")),
        thing: Id::named(&format!("thing {number}")),
        class: ClassKey::new(class).unwrap(),
        stage: Stage::Begun,
        at,
        heard: at,
        camera: camera.map(|index| test.state.cameras[index].id.clone()),
        place: String::new(),
        position: None,
        subject: (!subject.is_empty()).then(|| subject.to_owned()),
        source: "test".into(),
        text: None,
        region: camera.map(|_| [0.4, 0.3, 0.6, 0.9].into()),
        score: Some(0.8),
        details: std::collections::BTreeMap::new(),
        still: None,
        seat: String::new(),
    };
    let class = test.state.alarms.classes.get(&occurrence.class).unwrap();
    let open = seat.records.alarms.iter();
    let open = open.clone().find(|kept| kept.value.key == occurrence.key());
    let news = [News {
        occurrence,
        digest: None,
    }];
    let number = Id::named(&format!("alarm {number}"));
    let draft = acts::hear(&seat.centre, open, &news, class, number, at).unwrap();
    keep(seat, draft);
}

fn look(test: &mut TestWall) {
    test.state.look_through_alarms(NOW);
}

/// What the seat was asked to do, done as the store would.
fn obey(harness: &mut Harness<'_, TestWall>) -> usize {
    let commands = std::mem::take(&mut *harness.state().commands.borrow_mut());
    let mut done = 0;
    for command in commands {
        let state = &mut harness.state_mut().state;
        let by = Hand {
            person: Some(id(1)),
            seat: "seat-1".into(),
            at: NOW,
        };
        for effect in state.apply(command) {
            let qyran::app::state::Effect::Seat(Wish::Alarm(wish)) = effect else {
                continue;
            };
            let centre = state.seat.centre.clone();
            let draft = match wish {
                AlarmWish::Do(number, deed) => {
                    let kept = state.alarm(number).unwrap();
                    let class = state.alarms.class(&kept.value);
                    acts::done(&centre, kept, &deed, class, by.clone()).unwrap()
                }
                AlarmWish::Shelve {
                    number,
                    minutes,
                    reason,
                } => {
                    let kept = state.alarm(number).unwrap();
                    let until = NOW.plus_nanos(minutes * MINUTE);
                    let shelf = aside::shelve(&kept.value, until, &reason, by.clone(), NOW);
                    acts::shelved(&centre, &shelf.unwrap(), None)
                }
                _ => continue,
            };
            keep(&mut state.seat, draft);
            done += 1;
        }
        state.look_through_alarms(NOW);
    }
    done
}

/// Presses a key and lets the seat do what was wished.
fn press(harness: &mut Harness<'_, TestWall>, key: Key) -> usize {
    harness.state().commands.borrow_mut().clear();
    // The commands are carried out here, not by the test's wall.
    let before = harness.state().state.alarms.asking;
    harness.key_press(key);
    harness.run_steps(1);
    let wished: Vec<Command> = harness.state().commands.borrow().clone();
    let asked = before.is_none() && harness.state().state.alarms.asking.is_some();
    if asked {
        harness.state().commands.borrow_mut().clear();
        return 0;
    }
    // What was answered is asked no more; the wish is in the effect of the same command.
    harness.state_mut().state.alarms.asking = before;
    *harness.state().commands.borrow_mut() = wished;
    let done = obey(harness);
    harness.run_steps(2);
    done
}

fn alarms(harness: &Harness<'_, TestWall>) -> Vec<Kept<Alarm>> {
    harness.state().state.seat.records.alarms.clone()
}

#[test]
fn an_alarm_opens_the_panel_and_is_answered_with_one_or_two_keys() {
    let mut test = seated(Language::En, here());
    says(&mut test, "bracelet.battery", None, "B-17", 30);
    says(&mut test, "seen.left", Some(1), "", 20);
    look(&mut test);
    assert_eq!(test.state.side, Some(Side::Alarms), "it opens by itself");
    let mut harness = harness(test, 1280.0, 800.0);
    harness.get_by_label("High: Abandoned object");
    harness.get_by_label("Low: Bracelet: low battery");

    // The most urgent one is chosen, and Enter says that it was seen.
    assert_eq!(press(&mut harness, Key::Enter), 1);
    let left = |harness: &Harness<'_, TestWall>| {
        let all = alarms(harness);
        let found = all
            .iter()
            .find(|kept| kept.value.class.as_str() == "seen.left");
        found.map(|kept| kept.value.clone())
    };
    let seen = left(&harness).unwrap();
    assert_eq!(seen.acknowledged.unwrap().person, Some(id(1)));

    // Two keys pass it on, and the words are those of whoever reads them.
    assert_eq!(press(&mut harness, Key::P), 0);
    harness.get_by_label_contains("Patrol police");
    assert_eq!(press(&mut harness, Key::Num2), 1);
    assert_eq!(
        left(&harness).unwrap().passed.unwrap().to,
        "pass-traffic-police"
    );
    harness.get_by_label("Forwarded to Patrol police");

    // The next one goes on a shelf: it stands below, silent.
    assert_eq!(press(&mut harness, Key::ArrowDown), 0);
    assert_eq!(press(&mut harness, Key::Z), 0);
    assert_eq!(press(&mut harness, Key::Num1), 1);
    assert_eq!(harness.state().state.alarms.sounding, []);
    assert_eq!(harness.state().state.num_calling(), 0);
    let line = harness.get_by_label_contains("Works in progress");
    assert!(line.rect().height() > 0.0);

    // What settles an alarm whose cause lasts leaves it there until that is gone.
    assert_eq!(press(&mut harness, Key::ArrowUp), 0);
    assert_eq!(press(&mut harness, Key::Num2), 1);
    let judged = left(&harness).unwrap();
    assert_eq!(judged.settled().unwrap().found, Judgement::NoThreat);
}

#[test]
fn two_people_answer_apart_and_do_not_see_each_other() {
    let mut test = seated(Language::En, here());
    says(&mut test, "person.wanted", Some(0), "", 5);
    let details = &mut test.state.seat.records.alarms[0].value.details;
    details.insert("similarity".into(), "0.93".into());
    look(&mut test);
    let mut harness = harness(test, 1280.0, 800.0);
    harness.run_steps(2);
    let sure =
        |harness: &Harness<'_, TestWall>| harness.query_all_by_label_contains("similarity").count();
    assert_eq!(sure(&harness), 0, "how sure the source is");
    assert_eq!(press(&mut harness, Key::Num1), 1, "the first answer");
    harness.get_by_label_contains("Two officers decide independently");
    // A button has that word; an answer would stand with the name of whoever gave it.
    let told = harness.query_all_by_label_contains("Confirmed · ").count();
    assert_eq!(told, 0, "the first answer is not shown");
    let state = &harness.state().state;
    let kept = state.seat.records.alarms[0].clone();
    let class = state.alarms.class(&kept.value);
    let by = |person| Hand {
        person: Some(person),
        seat: "seat-2".into(),
        at: NOW,
    };
    let pass = Deed::Pass("pass-duty-unit".into());
    let centre = &state.seat.centre;
    assert!(acts::done(centre, &kept, &pass, class, by(id(2))).is_err());
    let again = Deed::Judge(Judgement::Real, String::new());
    assert!(acts::done(centre, &kept, &again, class, by(id(1))).is_err());
    let second = acts::done(centre, &kept, &again, class, by(id(2))).unwrap();
    let state = &mut harness.state_mut().state;
    keep(&mut state.seat, second);
    let kept = &state.seat.records.alarms[0];
    let class = state.alarms.class(&kept.value);
    assert!(acts::done(&state.seat.centre, kept, &pass, class, by(id(2))).is_ok());
    look(harness.state_mut());
    harness.run_steps(2);
    assert!(sure(&harness) > 0, "both have answered");
}

#[test]
fn a_planned_lesson_silences_its_class_on_its_camera_and_nothing_else() {
    let mut test = seated(Language::En, here());
    let lesson = Lesson {
        camera: test.state.cameras[2].id.clone(),
        class: ClassKey::new("weapon.school").unwrap(),
        from: NOW.plus_nanos(-MINUTE),
        until: NOW.plus_nanos(44 * MINUTE),
        reason: "9A".into(),
        by: Hand {
            person: Some(id(2)),
            seat: "seat-2".into(),
            at: NOW,
        },
    };
    let draft = acts::planned(id(40), &lesson);
    keep(&mut test.state.seat, draft);
    says(&mut test, "weapon.school", Some(2), "", 3);
    says(&mut test, "weapon.school", Some(3), "", 2);
    look(&mut test);
    let sounding = &test.state.alarms.sounding;
    let there = test.state.alarm(sounding[0]).unwrap();
    assert_eq!(sounding.len(), 1);
    assert_eq!(there.value.camera, Some(test.state.cameras[3].id.clone()));
    assert_eq!(test.state.num_calling(), 1);
    // It ends by itself.
    test.state.look_through_alarms(NOW.plus_nanos(45 * MINUTE));
    assert_eq!(test.state.alarms.sounding.len(), 2);
}

const OTHER: &str = "Орал";

/// An alarm of this centre was asked for by another, and one of the other's is seen here; a senior sits
/// here.
fn across(language: Language) -> TestWall {
    let mut test = seated(language, here());
    let seat = &mut test.state.seat;
    let person = seat.records.staff.people.iter_mut();
    for kept in person.filter(|kept| kept.id == id(1)) {
        kept.value.roles.insert(Role::Senior);
    }
    says(&mut test, "plate.hit", Some(2), "777 ABC 14", 20);
    says(&mut test, "seen.left", Some(1), "", 200);
    let seat = &mut test.state.seat;
    // The second is the other centre's.
    let theirs = seat.records.alarms.remove(1).value;
    let draft = Draft::new(acts::RAISED).put(id(60), 0, &theirs);
    keep_of(seat, OTHER, draft);
    let own = seat.records.alarms[0].value.number;
    let by = By {
        person: id(50),
        seat: "seat-7",
        centre: OTHER,
    };
    let mut known = seat.known(NOW);
    known.now = NOW.plus_nanos(-5 * 1_000_000_000);
    let about = between::about(own);
    let draft = request::ask(&known, by, id(61), &about, &seat.centre, "ask-near", &[]);
    let draft = draft.unwrap();
    keep_of(&mut test.state.seat, OTHER, draft);
    look(&mut test);
    test
}

#[test]
fn alarms_of_other_centres_are_silent_and_are_taken_over_by_request_only() {
    let test = across(Language::En);
    let own = test.state.seat.records.alarms[0].value.number;
    let theirs = test.state.seat.records.alarms[1].value.number;
    assert_eq!(test.state.alarms.sounding, [own]);
    assert_eq!(test.state.num_calling(), 1);
    assert_eq!(test.state.alarms.queue.recent, 1, "no load of this centre");
    let camera = test.state.cameras[1].id.clone();
    assert!(test.state.calling_of(&camera).is_none(), "its tile is calm");
    assert_eq!(test.state.own_alarms().count(), 1);
    let mut harness = harness(test, 1280.0, 860.0);
    harness.run_steps(2);
    // The request stands above the queue, and is answered at the alarm.
    let asked = format!("↔ {OTHER} (seat-7) requests it: Our patrol is nearer");
    harness.get_by_label_contains(&asked);
    let wishes = |harness: &Harness<'_, TestWall>| -> Vec<AlarmWish> {
        let commands = harness.state().commands.borrow().clone();
        let chosen = harness.state().state.alarms.chosen;
        commands
            .into_iter()
            .filter_map(|command| match command {
                Command::Alarms(AlarmsCommand::Across(across)) => {
                    Some(AlarmWish::Across(chosen?, across))
                }
                _ => None,
            })
            .collect()
    };
    harness
        .state_mut()
        .state
        .apply(Command::Alarms(AlarmsCommand::Choose(own)));
    harness.run_steps(2);
    harness.state().commands.borrow_mut().clear();
    harness.get_by_label_contains("Release to them");
    harness.key_press(Key::G);
    harness.run_steps(1);
    assert_eq!(wishes(&harness), [AlarmWish::Across(own, Across::Grant)]);
    // The other's is asked for with two keys; no other deed is offered.
    harness
        .state_mut()
        .state
        .apply(Command::Alarms(AlarmsCommand::Choose(theirs)));
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("Acknowledge").is_none());
    harness.state().commands.borrow_mut().clear();
    for key in [Key::Num1, Key::P, Key::Z] {
        harness.key_press(key);
        harness.run_steps(1);
    }
    let left: Vec<Command> = harness.state().commands.borrow().clone();
    assert!(
        !left.iter().any(|one| matches!(one, Command::Alarms(_))),
        "{left:?}"
    );
    harness.key_press(Key::Enter);
    harness.run_steps(1);
    assert_eq!(wishes(&harness), [AlarmWish::Across(theirs, Across::Ask)]);
    let state = &mut harness.state_mut().state;
    state.apply(Command::Alarms(AlarmsCommand::Across(Across::Ask)));
    let effects = state.apply(Command::Alarms(AlarmsCommand::Answer(1)));
    let wish = AlarmWish::AskFor {
        number: theirs,
        reason: "ask-comes-here".into(),
    };
    assert_eq!(
        effects,
        [qyran::app::state::Effect::Seat(Wish::Alarm(wish))]
    );
}

#[test]
fn what_another_centre_has_is_silent_until_it_happens_again() {
    let mut test = across(Language::En);
    let seat = &test.state.seat;
    let own = seat.records.alarms[0].clone();
    let request = seat.records.requests[0].clone();
    let us = By {
        person: id(1),
        seat: "seat-1",
        centre: &seat.centre.clone(),
    };
    let them = By {
        person: id(50),
        seat: "seat-7",
        centre: OTHER,
    };
    let papers = |test: &TestWall, work: &dyn Fn(&Papers<'_>, &Known<'_>) -> Draft| {
        let records = &test.state.seat.records;
        let papers = Papers {
            claims: &records.claims,
            requests: &records.requests,
            answers: &records.answers,
        };
        work(&papers, &test.state.seat.known(NOW))
    };
    let draft = papers(&test, &|papers, known| {
        papers.grant(known, us, &own.value, &request).unwrap()
    });
    keep(&mut test.state.seat, draft);
    look(&mut test);
    assert_eq!(
        test.state.alarms.sounding,
        [own.value.number],
        "not taken yet"
    );
    let draft = papers(&test, &|papers, known| {
        papers.take(known, them, &own, &request, id(90)).unwrap()
    });
    keep_of(&mut test.state.seat, OTHER, draft);
    look(&mut test);
    assert!(test.state.alarms.sounding.is_empty(), "the other has it");
    says(&mut test, "plate.hit", Some(2), "777 ABC 14", 1);
    look(&mut test);
    assert_eq!(test.state.alarms.sounding, [own.value.number], "once more");
    assert_eq!(test.state.num_calling(), 1);
}

#[test]
fn what_was_taken_over_stands_once_and_is_looked_at_further() {
    let mut test = across(Language::En);
    let theirs = test.state.seat.records.alarms[1].value.clone();
    test.state
        .apply(Command::Alarms(AlarmsCommand::Choose(theirs.number)));
    let origin = Origin {
        centre: OTHER.into(),
        number: theirs.number,
        request: id(70),
    };
    let copy = Alarm {
        number: id(71),
        key: format!("{OTHER} {}", theirs.key),
        origin: Some(origin),
        ..theirs
    };
    let draft = Draft::new("claim-taken-over").put(id(72), 0, &copy);
    keep(&mut test.state.seat, draft);
    look(&mut test);
    assert_eq!(test.state.alarms.chosen, Some(id(71)));
    let shown = |state: &qyran::app::state::State| -> usize {
        let entries = state.alarms.queue.entries.iter();
        entries.map(|entry| entry.alarms.len()).sum()
    };
    assert_eq!(shown(&test.state), 2, "the own one and the copy");
    // The copy of another centre, of an alarm of this one or a third, does not stand beside it either.
    let foreign = Alarm {
        number: id(73),
        ..copy
    };
    let draft = Draft::new("claim-taken-over").put(id(74), 0, &foreign);
    keep_of(&mut test.state.seat, "Атырау", draft);
    look(&mut test);
    assert_eq!(shown(&test.state), 2);
}

/// A wall on which much happens.
fn busy(language: Language) -> TestWall {
    let mut test = seated(language, here());
    for (index, camera) in test.state.cameras.iter_mut().enumerate() {
        let camera = std::sync::Arc::make_mut(camera);
        camera.position = Some(Position {
            lat_deg: 52.28 + 0.001 * index as f64,
            lon_deg: 76.96,
        });
        camera.phone = "+7 7182 00-00-00".into();
    }
    says(&mut test, "bracelet.strap", None, "KZ-0481", 50);
    says(&mut test, "seen.left", Some(1), "", 200);
    says(&mut test, "seen.left", Some(1), "", 190);
    says(&mut test, "plate.hit", Some(2), "777 ABC 14", 420);
    says(&mut test, "camera.fault", Some(3), "", 900);
    says(&mut test, "seen.litter", Some(0), "", 1500);
    look(&mut test);
    let left = test.state.seat.records.alarms[1].value.number;
    test.state
        .apply(Command::Alarms(AlarmsCommand::Choose(left)));
    test.state.alarms.crop = Some(crop(left));
    test
}

/// A picture that stands for what a detector noticed.
fn crop(alarm: Id) -> Crop {
    let (width, height) = (96, 72);
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let rgb = pixels.flat_map(|(x, y)| {
        let bag = (40..60).contains(&x) && (30..60).contains(&y);
        if bag {
            [40, 40, 44]
        } else {
            [120, 124, (100 + y) as u8]
        }
    });
    Crop {
        alarm,
        size: [width, height],
        rgb: rgb.collect(),
        at: NOW,
    }
}

#[test]
fn the_camera_of_the_alarm_that_is_looked_at_is_wanted_large() {
    let mut test = busy(Language::En);
    let camera = test.state.chosen_alarm().unwrap().value.camera.clone();
    let camera = camera.unwrap();
    let large = |state: &qyran::app::state::State| -> Vec<String> {
        let all = state.cameras.iter().filter(|camera| state.is_large(camera));
        all.map(|camera| camera.id.to_string()).collect()
    };
    assert_eq!(large(&test.state), [camera.to_string()]);
    test.state.apply(Command::ToggleSide(Side::Alarms));
    assert!(large(&test.state).is_empty());
}

#[test]
fn pictures_of_alarms_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let tag = language.tag();
        let mut harness = harness(busy(language), 1280.0, 860.0);
        snapshot(&mut harness, &mut results, &format!("alarms_{tag}"));
        let mut test = busy(language);
        for n in 0..12 {
            says(&mut test, "seen.crowd", None, &format!("{n}"), 10 + n);
        }
        test.state.alarms.sound = Sound::Missing("ALSA".into(), NOW);
        look(&mut test);
        test.state.alarms.asking = Some(qyran::app::alarms::Asking::Shelve);
        let mut harness = self::harness(test, 1280.0, 860.0);
        snapshot(&mut harness, &mut results, &format!("alarms_flood_{tag}"));
        let mut harness = self::harness(across(language), 1280.0, 860.0);
        snapshot(&mut harness, &mut results, &format!("alarms_across_{tag}"));
    }
}

#[test]
fn pictures_of_the_other_tabs_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let tag = language.tag();
        let mut test = busy(language);
        let words = Words::new(language);
        let alarms = test.state.seat.records.alarms.clone();
        for (n, kept) in alarms.iter().enumerate() {
            let mut alarm = kept.value.clone();
            alarm.verdicts = vec![qyran::model::alarm::verdict::Verdict {
                found: Judgement::ALL[n % 3],
                by: Hand {
                    person: Some(id(1)),
                    seat: "seat-1".into(),
                    at: NOW,
                },
                note: if n == 1 {
                    "reason-wrong".into()
                } else {
                    String::new()
                },
            }];
            let class = test.state.alarms.class(&alarm).cloned();
            let past = Past::new(alarm, NOW, class.as_ref());
            test.state.alarms.figures.note_over(&past, NOW);
            test.state.alarms.history.found.push(Kept {
                id: kept.id,
                version: 1,
                seq: 0,
                centre: kept.centre.clone(),
                value: past,
            });
        }
        let found = test.state.alarms.history.found.clone();
        test.state
            .alarms
            .figures
            .take_week(load::by_source(found.iter().map(|kept| &kept.value.alarm)));
        test.state.alarms.in_memory = InMemory {
            held_bytes: 84 << 20,
            cap_bytes: 256 << 20,
            streams: 45,
            least_s: 30,
        };
        test.state.alarms.history.query.words = words.get("alarm-near").into_owned();
        for (tab, name) in [
            (AlarmTab::History, "history"),
            (AlarmTab::Figures, "figures"),
            (AlarmTab::Aside, "aside"),
        ] {
            test.state.alarms.tab = tab;
            let mut harness = harness(test, 1280.0, 700.0);
            snapshot(&mut harness, &mut results, &format!("alarms_{name}_{tag}"));
            test = TestWall {
                state: std::mem::replace(
                    &mut harness.state_mut().state,
                    qyran::app::state::State::new(
                        Vec::new(),
                        qyran::store::settings::Settings::default(),
                    ),
                ),
                screen: qyran::ui::Screen::new(std::sync::Arc::default()),
                now: harness.state().now,
                commands: std::rc::Rc::default(),
            };
        }
    }
}
