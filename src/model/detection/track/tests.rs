//! Scenes of boxes that move as people and cars do.

use super::*;

/// Somebody of a usual size whose middle is at `x`, `y`.
fn person(x: f32, y: f32) -> Detection {
    object("person", 0.7, x, y, 0.05, 0.2)
}

fn object(class: &str, score: f32, x: f32, y: f32, width: f32, height: f32) -> Detection {
    Detection {
        class: class.into(),
        score,
        region: Region {
            left: x - width / 2.0,
            right: x + width / 2.0,
            top: y - height / 2.0,
            bottom: y + height / 2.0,
        },
    }
}

fn seconds(at: f32) -> Duration {
    Duration::from_secs_f32(at)
}

/// The ids of what is followed nearest to each of the places.
fn ids(tracker: &Tracker, places: &[(f32, f32)]) -> Vec<u64> {
    let near = |(x, y): &(f32, f32)| {
        let apart = |track: &&Track| {
            let centre = track.seen.centre();
            (centre.x - x).hypot(centre.y - y)
        };
        let found = tracker.tracks().iter();
        found
            .min_by(|a, b| apart(a).total_cmp(&apart(b)))
            .map_or(0, |track| track.id)
    };
    places.iter().map(near).collect()
}

/// Two walk towards each other in lanes that lie `apart`; whether both keep their ids.
fn keeps_ids_in_passing(interval: f32, speed: f32, apart: f32) -> bool {
    let mut tracker = Tracker::default();
    let mut first = Vec::new();
    let mut at = 0.0;
    loop {
        let places = [(0.1 + speed * at, 0.4), (0.9 - speed * at, 0.4 + apart)];
        if places[0].0 > 0.9 {
            return true;
        }
        let found: Vec<Detection> = places.iter().map(|(x, y)| person(*x, *y)).collect();
        tracker.step(&found, seconds(at));
        let now = ids(&tracker, &places);
        if first.is_empty() {
            first.clone_from(&now);
        }
        if now != first || tracker.tracks().len() != 2 {
            return false;
        }
        at += interval;
    }
}

#[test]
fn two_who_pass_each_other_stay_who_they_are() {
    for interval in [0.067, 0.2, 0.5, 1.0, 2.0, 3.0] {
        for speed in [0.03, 0.05, 0.08] {
            assert!(keeps_ids_in_passing(interval, speed, 0.15));
        }
    }
}

#[test]
fn a_moment_behind_a_tree_changes_nothing_and_long_ones_do() {
    for (hidden, same) in [(2.0, true), (20.0, false)] {
        let mut tracker = Tracker::default();
        let mut at = 0.0;
        while at < 30.0 {
            let is_hidden = (4.0..4.0 + hidden).contains(&at);
            let found = if is_hidden {
                vec![]
            } else {
                vec![person(0.1 + 0.03 * at, 0.5)]
            };
            tracker.step(&found, seconds(at));
            at += 0.5;
        }
        let id = tracker.tracks()[0].id;
        assert_eq!(id == 1, same, "hidden for {hidden} s: {id}");
    }
}

#[test]
fn what_is_unsure_goes_on_and_begins_nothing() {
    let mut tracker = Tracker::default();
    let faint = |x: f32| object("person", 0.25, x, 0.5, 0.05, 0.2);
    assert!(tracker.step(&[faint(0.5)], seconds(0.0)).is_empty());
    tracker.step(&[person(0.5, 0.5)], seconds(1.0));
    for look in 2..8 {
        let tracks = tracker.step(&[faint(0.5)], seconds(look as f32));
        assert_eq!(tracks.len(), 1);
        assert_eq!((tracks[0].id, tracks[0].state), (1, State::Confirmed));
    }
    let once = object("person", 0.5, 0.2, 0.5, 0.05, 0.2);
    let tracks = tracker.step(&[faint(0.5), once], seconds(8.0));
    assert_eq!(tracks[1].state, State::Tentative);
    assert_eq!(
        tracker.step(&[faint(0.5)], seconds(9.0)).len(),
        1,
        "a mistake"
    );
}

#[test]
fn a_car_that_is_taken_for_a_lorry_now_and_then_stays_a_car() {
    let mut tracker = Tracker::default();
    for look in 0..12 {
        let class = if look % 4 == 3 { "truck" } else { "car" };
        let x = 0.1 + 0.05 * look as f32;
        let found = [object(class, 0.6, x, 0.6, 0.12, 0.12)];
        let tracks = tracker.step(&found, seconds(0.5 * look as f32));
        assert_eq!(tracks.len(), 1);
        assert_eq!((tracks[0].id, tracks[0].class.as_str()), (1, "car"));
    }
}

#[test]
fn somebody_is_no_car() {
    let mut tracker = Tracker::default();
    tracker.step(&[person(0.5, 0.5)], seconds(0.0));
    let car = object("car", 0.9, 0.5, 0.5, 0.05, 0.2);
    let tracks = tracker.step(&[car], seconds(0.5));
    assert_eq!(tracks.len(), 2);
}

#[test]
fn who_stands_is_told_since_when_and_who_walks_on_is_not() {
    let mut tracker = Tracker::default();
    for look in 0..40 {
        let at = look as f32 * 0.5;
        let x = if at < 5.0 { 0.2 + 0.05 * at } else { 0.45 };
        // A box is never quite where it was.
        let x = if at < 15.0 { x } else { x + 0.05 * (at - 15.0) };
        let jitter = if look % 2 == 0 { 0.001 } else { -0.001 };
        let track = tracker.step(&[person(x + jitter, 0.5)], seconds(at))[0].clone();
        match at {
            at if !(5.0..=17.0).contains(&at) => assert_eq!(track.still_since, None, "{at}"),
            at if (8.0..15.0).contains(&at) => {
                let since = track.still_since.expect("stands").as_secs_f32();
                assert!((4.4..=6.1).contains(&since), "{at}: {since}");
            }
            _ => {}
        }
    }
}

#[test]
fn a_box_is_carried_on_for_a_moment_and_does_not_run_away() {
    let mut tracker = Tracker::default();
    for look in 0..10 {
        let at = look as f32 * 0.5;
        tracker.step(&[person(0.1 + 0.06 * at, 0.5)], seconds(at));
    }
    let track = &tracker.tracks()[0];
    assert!(
        (track.velocity.x - 0.06).abs() < 0.006,
        "{:?}",
        track.velocity
    );
    let x = |at: f32| track.at(seconds(at)).centre().x;
    assert!((x(5.0) - 0.4).abs() < 0.01, "{}", x(5.0));
    assert!(x(60.0) < 0.48, "{}", x(60.0));
}

#[test]
fn nonsense_is_left_out_and_counted() {
    let mut tracker = Tracker::default();
    let mut bad = vec![
        object("person", f32::NAN, 0.5, 0.5, 0.1, 0.1),
        object("person", 0.9, f32::NAN, 0.5, 0.1, 0.1),
        object("person", 0.9, 0.5, 0.5, -0.1, 0.1),
        object("person", 0.9, 7.0, 0.5, 0.1, 0.1),
        object("person", 0.9, 0.5, f32::INFINITY, 0.1, 0.1),
    ];
    assert!(tracker.step(&bad, seconds(1.0)).is_empty());
    assert_eq!(tracker.ignored(), 5);
    bad = (0..5000)
        .map(|at| person((at % 100) as f32 / 100.0, (at / 100) as f32 / 50.0))
        .collect();
    let many = tracker.step(&bad, seconds(2.0)).len();
    assert!(many <= Limits::default().most, "{many}");
    // A moment back is the same moment; a minute back begins anew, and no number comes again.
    tracker.step(&[person(0.5, 0.5)], seconds(1.5));
    let newest = tracker.tracks().iter().map(|track| track.id).max();
    let mut anew = Tracker::default();
    anew.step(&[person(0.5, 0.5)], seconds(100.0));
    let tracks = anew.step(&[person(0.5, 0.5)], seconds(3.0));
    assert_eq!((tracks.len(), tracks[0].id), (1, 2));
    assert!(newest.is_some());
}

#[test]
fn a_square_full_of_walkers_switches_no_ids() {
    let mut state = 11_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0
    };
    // Each in a lane of its own, at a pace of its own.
    let walkers: Vec<(f32, f32, f32)> = (0..4)
        .map(|lane| {
            let speed = (0.03 + 0.05 * random()) * if lane % 2 == 0 { 1.0 } else { -1.0 };
            (random(), 0.12 + 0.25 * lane as f32, speed)
        })
        .collect();
    let mut tracker = Tracker::default();
    let mut known = vec![0; walkers.len()];
    let mut was_in = vec![false; walkers.len()];
    let mut switches = 0;
    for look in 0..120 {
        let at = look as f32;
        let places: Vec<(f32, f32)> = walkers
            .iter()
            .map(|(x, y, speed)| ((x + speed * at).rem_euclid(1.6) - 0.3, *y))
            .collect();
        let is_in = |(x, _): &(f32, f32)| (0.03..0.97).contains(x);
        let found: Vec<Detection> = places
            .iter()
            .filter(|place| is_in(place))
            .map(|(x, y)| person(x + (random() - 0.5) * 0.006, y + (random() - 0.5) * 0.01))
            .collect();
        tracker.step(&found, seconds(at));
        let now = ids(&tracker, &places);
        for index in 0..walkers.len() {
            let here = is_in(&places[index]);
            if here && was_in[index] && now[index] != known[index] {
                switches += 1;
            }
            was_in[index] = here;
            known[index] = now[index];
        }
    }
    assert_eq!(switches, 0);
}
