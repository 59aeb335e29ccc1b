//! Rules are drawn on the picture with mouse and keyboard.

use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Vec2};
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};
use qyran::app::command::{Command, Side};
use qyran::app::rules::RulesCommand;
use qyran::app::state::Notice;
use qyran::model::detection::Kind;
use qyran::model::detection::rule::edit;
use qyran::model::roles::Right;
use qyran::words::{Language, Words};

use super::seat::{here, seated};
use super::{TestWall, commands, harness, snapshot, wall};

fn word(language: Language, key: &str) -> String {
    Words::new(language).get(key).into_owned()
}

fn drag(harness: &mut Harness<'_, TestWall>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::default(),
    };
    harness.event(Event::PointerMoved(from));
    harness.run_steps(1);
    harness.event(button(from, true));
    harness.run_steps(1);
    for part in 1..=4_u8 {
        let at = from + (to - from) * (f32::from(part) / 4.0);
        harness.event(Event::PointerMoved(at));
        harness.run_steps(1);
    }
    harness.event(button(to, false));
    harness.run_steps(2);
}

fn corners(harness: &Harness<'_, TestWall>) -> Vec<[f32; 2]> {
    let drawing = harness.state().state.drawing.as_ref().unwrap();
    edit::handles(&drawing.rule.what)
        .into_iter()
        .map(|(_, at)| at.into())
        .collect()
}

fn near(a: [f32; 2], b: [f32; 2]) -> bool {
    (a[0] - b[0]).abs() < 0.01 && (a[1] - b[1]).abs() < 0.01
}

#[test]
fn a_zone_is_drawn_with_mouse_and_keys_and_saved() {
    let en = Language::En;
    let mut harness = harness(wall(4, en), 1280.0, 720.0);
    harness.key_press(Key::D);
    harness.run_steps(3);
    harness.get_by_label(&word(en, "rules-none"));
    harness.get_by_label(&word(en, Kind::Dwell.key())).click();
    harness.run_steps(4);
    assert!(harness.state().state.enlarged, "drawn on the large picture");
    let before = corners(&harness);
    assert_eq!(before.len(), 4);

    // A corner is dragged: it follows the mouse, the others stay.
    let corner = harness.get_by_label("Corner 1").rect().center();
    let other = harness.get_by_label("Corner 3").rect().center();
    let scale = {
        let (a, b) = (before[0], before[2]);
        let way = other - corner;
        Vec2::new(way.x / (b[0] - a[0]), way.y / (b[1] - a[1]))
    };
    drag(&mut harness, corner, corner + Vec2::new(-0.1, -0.2) * scale);
    let now = corners(&harness);
    assert!(
        near(now[0], [before[0][0] - 0.1, before[0][1] - 0.2]),
        "{now:?}"
    );
    assert_eq!(now[1..], before[1..]);

    // The same corner by keys, a hundredth a press, finer with Shift.
    harness.key_press(Key::ArrowRight);
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    harness.run_steps(2);
    let moved = corners(&harness);
    let by = [moved[0][0] - now[0][0], moved[0][1] - now[0][1]];
    assert!(
        (by[0] - 0.01).abs() < 1e-4 && (by[1] - 0.002).abs() < 1e-4,
        "{by:?}"
    );

    // An edge takes a new corner, Delete takes it out again.
    harness.get_by_label_contains("behind corner 2").click();
    harness.run_steps(3);
    assert_eq!(corners(&harness).len(), 5);
    harness.key_press(Key::Delete);
    harness.run_steps(2);
    assert_eq!(corners(&harness), moved);

    // The whole zone is dragged by its inside.
    let inside = corner + (other - corner) * 0.5;
    drag(&mut harness, inside, inside + Vec2::new(0.05, 0.0) * scale);
    let shifted = corners(&harness);
    for (a, b) in shifted.iter().zip(&moved) {
        assert!(near(*a, [b[0] + 0.05, b[1]]), "{shifted:?} {moved:?}");
    }

    harness.get_by_label(&word(en, "rules-save")).click();
    harness.run_steps(2);
    let saved = commands(&harness);
    assert_eq!(saved.last(), Some(&Command::Rules(RulesCommand::Save)));
    assert!(harness.state().state.drawing.as_ref().unwrap().saving);
}

/// What is dragged follows the mouse all the way, also where it leaves the place at which it was
/// grasped: a line, and a zone near an edge that leans.
#[test]
fn whole_shapes_follow_the_mouse_to_the_end() {
    let en = Language::En;
    let check = |kind: Kind, word: &str, at: fn(Rect) -> Pos2, by: [f32; 2]| {
        let mut test = wall(2, en);
        test.state.side = Some(Side::Rules);
        test.obey(Command::Rules(RulesCommand::New(kind)));
        let mut harness = harness(test, 1280.0, 720.0);
        let before = corners(&harness);
        let bounds = harness.get_by_label(word).rect();
        let ends = {
            let across = |axis: usize| {
                let all = before.iter().map(|point| point[axis]);
                all.clone().fold(0.0, f32::max) - all.fold(1.0, f32::min)
            };
            (across(0), across(1))
        };
        // Of a level line the height says nothing: pictures here are 16 to 9.
        let x = bounds.width() / ends.0;
        let scale = Vec2::new(x, x * 9.0 / 16.0);
        let from = at(bounds);
        drag(&mut harness, from, from + Vec2::from(by) * scale);
        for (a, b) in corners(&harness).iter().zip(&before) {
            assert!(
                (a[0] - b[0] - by[0]).abs() < 0.02 && (a[1] - b[1] - by[1]).abs() < 0.02,
                "{kind:?}: {a:?} from {b:?} by {by:?}"
            );
        }
    };
    let beside_the_middle = |rect: Rect| rect.lerp_inside(Vec2::new(0.3, 0.5));
    check(
        Kind::Counting,
        "The whole line",
        beside_the_middle,
        [0.0, -0.2],
    );
    let at_the_left = |rect: Rect| rect.lerp_inside(Vec2::new(0.07, 0.75));
    check(Kind::Zone, "The whole zone", at_the_left, [0.2, -0.2]);
}

#[test]
fn whoever_has_not_the_right_draws_and_is_told_that_it_is_not_kept() {
    let en = Language::En;
    let mut test = seated(en, here());
    test.state.side = Some(Side::Rules);
    let mut harness = harness(test, 1280.0, 720.0);
    harness.get_by_label(&word(en, Kind::Zone.key())).click();
    harness.run_steps(3);
    harness.get_by_label(&word(en, "rules-save")).click();
    harness.run_steps(3);
    let state = &harness.state().state;
    assert_eq!(state.notices, [Notice::NotAllowed(Right::ChangeRules)]);
    let drawing = state.drawing.as_ref().expect("it is not lost");
    assert!(!drawing.saving);
}

#[test]
fn escape_asks_before_it_throws_a_drawing_away() {
    let en = Language::En;
    let mut harness = harness(wall(2, en), 1280.0, 720.0);
    harness.key_press(Key::D);
    harness.run_steps(2);
    harness
        .get_by_label(&word(en, Kind::Counting.key()))
        .click();
    harness.run_steps(2);
    harness.key_press(Key::ArrowUp);
    harness.run_steps(2);
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().state.drawing.is_some());
    harness.get_by_label_contains(&word(en, "rules-would-be-lost"));
    harness.key_press(Key::Escape);
    harness.run_steps(2);
    assert!(harness.state().state.drawing.is_none());
    assert_eq!(harness.state().state.side, Some(Side::Rules));
}

#[test]
fn pictures_of_the_editor_in_three_languages() {
    let mut results = SnapshotResults::new();
    for language in Language::ALL {
        let mut harness = harness(wall(4, language), 1280.0, 960.0);
        let state = &mut harness.state_mut().state;
        state.side = Some(Side::Rules);
        harness.run_steps(3);
        let name = |what: &str| format!("{what}_{}", language.tag());
        snapshot(&mut harness, &mut results, &name("rules"));
        let test = harness.state_mut();
        test.obey(Command::Rules(RulesCommand::New(Kind::Yield)));
        // Its edges cross: said in words, and it cannot be saved.
        let handle = edit::handles(&test.state.drawing.as_ref().unwrap().rule.what)[0].0;
        let to = qyran::model::detection::Point { x: 0.8, y: 0.7 };
        test.obey(Command::Rules(RulesCommand::MoveTo(handle, to)));
        harness.run_steps(3);
        snapshot(&mut harness, &mut results, &name("rule"));
    }
}
