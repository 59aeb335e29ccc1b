//! Each kind of rule, with scripts in which it is so and in which it is not.

use super::*;
use crate::model::detection::rule::{Schedule, Span, Way};
use crate::model::detection::watch::Sight;

#[test]
fn zone() {
    let what = || What::Zone { zone: middle() };
    let check = |name: &str, rule: Rule, actor: Actor, expect: usize| {
        Script::new(rule, &[actor], 40.0).raises(name, expect);
    };
    check("walks through", rule(what()), walker(1), 1);
    check("track switches", rule(what()), walker(1).switched(12.0), 1);
    check(
        "lost a while",
        rule(what()),
        walker(1).hidden(10.0, 12.5),
        1,
    );
    let both = walker(1).hidden(10.0, 12.5).switched(11.0);
    check("lost and switched", rule(what()), both, 1);
    let beside = person(1, &[(2.0, 0.1, 0.98), (22.0, 0.9, 0.98)]);
    check("walks past", rule(what()), beside, 0);
    check(
        "another class",
        rule(what()),
        car(1, &[(2.0, 0.1, 0.7), (22.0, 0.9, 0.7)]),
        0,
    );
    check("not sure enough", rule(what()), walker(1).scored(0.3), 0);
    let tall = Rule {
        least_height: 0.4,
        ..rule(what())
    };
    check("too small", tall, walker(1), 0);
    let pixels = Rule {
        least_pixels: 120,
        ..rule(what())
    };
    check("too few pixels", pixels, walker(1), 0);
    let off = Rule {
        schedule: Schedule(vec![span("00:00", "06:00")]),
        ..rule(what())
    };
    check("at another time", off, walker(1), 0);
    Script::new(
        rule(what()),
        &[walker(1), person(2, &[(4.0, 0.9, 0.5), (24.0, 0.1, 0.5)])],
        40.0,
    )
    .raises("two walk through", 2);
    // Half hidden from then on: another track, and a box too unlike the one before.
    let stands = person(1, &[(2.0, 0.1, 0.7), (10.0, 0.5, 0.7), (20.0, 0.5, 0.7)]);
    let half = Actor::new(2, "person", 0.16, &[(20.1, 0.5, 0.58), (40.0, 0.5, 0.58)]);
    Script::new(rule(what()), &[stands, half], 40.0).raises("half hidden", 1);
}

fn span(from: &str, to: &str) -> Span {
    Span {
        days: [].into(),
        from: from.parse().expect("a time"),
        to: to.parse().expect("a time"),
    }
}

#[test]
fn a_fact_begins_goes_on_and_ends() {
    let stays = person(
        1,
        &[
            (2.0, 0.1, 0.7),
            (6.0, 0.5, 0.7),
            (40.0, 0.5, 0.7),
            (44.0, 0.9, 0.7),
        ],
    );
    for rate in RATES {
        let what = What::Zone { zone: middle() };
        let (facts, _) = Script::new(rule(what), std::slice::from_ref(&stays), 60.0).play(rate);
        let stages: Vec<Stage> = facts.iter().map(|fact| fact.stage).collect();
        assert_eq!(stages.first(), Some(&Stage::Begun), "{rate}");
        assert_eq!(stages.last(), Some(&Stage::Ended), "{rate}");
        let told = stages.len() - 2;
        assert!((2..=4).contains(&told), "{rate}: {told} times in between");
        assert!(facts.iter().all(|fact| fact.id == facts[0].id));
        let last = &facts[facts.len() - 1];
        let lasted = last.last_seen.nanos_since(last.first_seen) as f32 / 1e9;
        assert!((32.0..=38.5).contains(&lasted), "{rate}: {lasted} s");
        assert!(last.tracks == [1] && last.class == Some("person".into()));
    }
}

#[test]
fn closed() {
    let night = Rule {
        schedule: Schedule(vec![span("22:00", "06:00")]),
        ..rule(What::Closed { zone: middle() })
    };
    let mut script = Script::new(night, &[walker(1)], 40.0);
    script.raises("by day", 0);
    script.local = date(2026, 11, 23).at(1, 0, 0, 0);
    script.raises("at night", 1);
    // Somebody who is there when it closes, and who is still there when it opens.
    let sits = person(1, &[(0.0, 0.5, 0.6), (100.0, 0.5, 0.6)]);
    script.actors = vec![sits];
    script.seconds = 60.0;
    script.local = date(2026, 11, 23).at(21, 59, 40, 0);
    script.raises("it closes", 1);
    script.local = date(2026, 11, 23).at(5, 59, 40, 0);
    for rate in RATES {
        let (facts, _) = script.play(rate);
        assert_eq!(
            facts.last().map(|fact| fact.stage),
            Some(Stage::Ended),
            "{rate}"
        );
    }
}

#[test]
fn line() {
    let line = |direction| {
        rule(What::Line {
            line: upwards(),
            direction,
        })
    };
    let check = |name: &str, direction, actor: Actor, expect: usize| {
        Script::new(line(direction), &[actor], 40.0).raises(name, expect);
    };
    let back = person(1, &[(2.0, 0.9, 0.7), (22.0, 0.1, 0.7)]);
    check("to the right", EITHER, walker(1), 1);
    check("to the right", Direction::LeftToRight, walker(1), 1);
    check("to the right", Direction::RightToLeft, walker(1), 0);
    check("to the left", Direction::RightToLeft, back, 1);
    let turns = person(1, &[(2.0, 0.1, 0.7), (10.0, 0.47, 0.7), (20.0, 0.1, 0.7)]);
    check("turns before it", EITHER, turns, 0);
    let around = person(1, &[(2.0, 0.3, 0.28), (22.0, 0.7, 0.28)]);
    check("around its end", EITHER, around, 0);
    check("switched on it", EITHER, walker(1).switched(12.0), 1);
    check(
        "lost on it",
        EITHER,
        walker(1).hidden(10.5, 13.0).switched(11.0),
        1,
    );
    let stands = person(1, &[(2.0, 0.1, 0.7), (12.0, 0.5, 0.7), (38.0, 0.5, 0.7)]);
    check("stands on it", EITHER, stands, 0);
}

#[test]
fn counting() {
    let actors: Vec<Actor> = (0..12)
        .map(|n| {
            let start = 3.0 + 8.0 * n as f32;
            let (from, to) = if n % 3 == 0 { (0.9, 0.1) } else { (0.1, 0.9) };
            person(n, &[(start, from, 0.7), (start + 20.0, to, 0.7)])
        })
        .collect();
    let mut script = Script::new(rule(What::Counting { line: upwards() }), &actors, 150.0);
    script.raises("no facts", 0);
    for rate in RATES {
        let (_, watch) = script.play(rate);
        let (_, counting) = watch.counts().next().expect("a line");
        let sum = counting.sum(wall(Duration::ZERO), 3).expect("watched");
        let left = sum.towards(Direction::RightToLeft);
        assert_eq!((sum.persons(), left, sum.vehicles()), (12, 4, 0), "{rate}");
        assert!(
            (0.7..0.86).contains(&sum.watched),
            "{rate}: {}",
            sum.watched
        );
        let later = wall(Duration::from_secs(600));
        assert_eq!(counting.sum(later, 10), None);
    }
    script.gap = Some((60.0, 100.0));
    let (_, watch) = script.play(1.0);
    let (_, counting) = watch.counts().next().expect("a line");
    let sum = counting.sum(wall(Duration::ZERO), 3).expect("watched");
    assert!((0.5..0.65).contains(&sum.watched), "{}", sum.watched);
    assert!(sum.persons() < 12);
}

#[test]
fn dwell() {
    let dwell = |seconds| {
        rule(What::Dwell {
            zone: middle(),
            seconds,
        })
    };
    let stays = |seconds: f32| {
        let end = 5.0 + seconds;
        person(
            1,
            &[
                (1.0, 0.1, 0.7),
                (5.0, 0.5, 0.7),
                (end, 0.5, 0.7),
                (end + 4.0, 0.9, 0.7),
            ],
        )
    };
    let check = |name: &str, actor: Actor, expect: usize| {
        Script::new(dwell(15.0), &[actor], 70.0).raises(name, expect);
    };
    check("long", stays(25.0), 1);
    check("short", stays(4.0), 0);
    check("switched", stays(25.0).switched(12.0).switched(20.0), 1);
    check("hidden a while", stays(30.0).hidden(12.0, 16.0), 1);
    check(
        "hidden and switched",
        stays(30.0).hidden(12.0, 16.0).switched(14.0),
        1,
    );
    // Once, though another box takes its place when it was told.
    check(
        "switched later",
        stays(40.0).hidden(33.0, 37.0).switched(35.0),
        1,
    );
    let mut half = stays(35.0);
    half.way.truncate(3);
    let sits = Actor::new(2, "person", 0.16, &[(40.5, 0.5, 0.6), (65.0, 0.5, 0.6)]);
    Script::new(dwell(15.0), &[half, sits], 70.0).raises("sits down", 1);
    let mut gap = Script::new(dwell(15.0), &[stays(32.0)], 70.0);
    gap.gap = Some((8.0, 32.0));
    gap.raises("nobody looked", 0);
}

#[test]
fn stopped() {
    let stopped = rule(What::Stopped {
        zone: middle(),
        seconds: 10.0,
    });
    let check = |name: &str, actor: Actor, expect: usize| {
        Script::new(stopped.clone(), &[actor], 60.0).raises(name, expect);
    };
    let stands = |to: f32| {
        car(
            1,
            &[
                (1.0, 0.1, 0.6),
                (5.0, 0.5, 0.6),
                (to, 0.5, 0.6),
                (to + 4.0, 0.9, 0.6),
            ],
        )
    };
    check("stands", stands(30.0), 1);
    check(
        "stands, switched",
        stands(40.0).switched(14.0).switched(26.0),
        1,
    );
    check("waits", stands(11.0), 0);
    check("rolls", car(1, &[(1.0, 0.3, 0.6), (50.0, 0.7, 0.6)]), 0);
    let person = person(1, &[(1.0, 0.5, 0.6), (50.0, 0.5, 0.6)]);
    check("a person", person, 0);
    let away = car(1, &[(1.0, 0.1, 0.95), (50.0, 0.1, 0.95)]);
    check("elsewhere", away, 0);
}

/// Some people in the middle, at one height, from one time to another.
fn group(count: u64, from: f32, to: f32) -> Vec<Actor> {
    (0..count)
        .map(|n| {
            let x = 0.35 + 0.06 * n as f32;
            person(n + 1, &[(from, x, 0.7), (to, x, 0.7)])
        })
        .collect()
}

#[test]
fn crowd() {
    let crowd = rule(What::Crowd {
        zone: middle(),
        over: 3,
        seconds: 6.0,
    });
    let check = |name: &str, actors: &[Actor], expect: usize| {
        Script::new(crowd.clone(), actors, 60.0).raises(name, expect);
    };
    check("five", &group(5, 2.0, 40.0), 1);
    check("three", &group(3, 2.0, 40.0), 0);
    check("five, soon gone", &group(5, 2.0, 6.0), 0);
    let mut blinks = group(5, 2.0, 50.0);
    for (n, actor) in blinks.iter_mut().enumerate() {
        let at = 12.0 + 5.0 * n as f32;
        actor.hidden = vec![(at, at + 1.5)];
        actor.switches = vec![at + 1.0];
    }
    check("five, lost in turn", &blinks, 1);
    for rate in RATES {
        let (facts, _) = Script::new(crowd.clone(), &group(5, 2.0, 40.0), 60.0).play(rate);
        let last = facts.last().expect("a fact");
        assert_eq!(last.stage, Stage::Ended, "{rate}");
        assert_eq!(last.detail.most, Some(5), "{rate}");
    }
}

#[test]
fn count() {
    let script = Script::new(
        rule(What::Count { zone: middle() }),
        &[group(2, 2.0, 50.0), group(4, 20.0, 50.0)[2..].to_vec()].concat(),
        70.0,
    );
    script.raises("one reading", 1);
    for rate in RATES {
        let (facts, watch) = script.play(rate);
        let mut counts: Vec<_> = facts.iter().filter_map(|fact| fact.detail.count).collect();
        counts.dedup();
        let ends = *counts.last().expect("a count");
        assert!(
            counts.starts_with(&[2, 4]) && ends <= 1,
            "{rate}: {counts:?}"
        );
        assert_eq!(watch.numbers().next().map(|(_, number)| number), Some(0));
    }
}

#[test]
fn wrong_way() {
    let to_right = Line::of([0.2, 0.5], [0.8, 0.5]);
    let along = rule(What::WrongWay {
        way: Way::Along {
            zone: middle(),
            arrow: to_right,
        },
    });
    let across = rule(What::WrongWay {
        way: Way::Across {
            line: upwards(),
            allowed: Direction::LeftToRight,
        },
    });
    let right = car(1, &[(1.0, 0.1, 0.6), (13.0, 0.9, 0.6)]);
    let left = car(1, &[(1.0, 0.9, 0.6), (13.0, 0.1, 0.6)]);
    let stands = car(1, &[(1.0, 0.1, 0.6), (6.0, 0.5, 0.6), (40.0, 0.5, 0.6)]);
    let aside = car(1, &[(1.0, 0.48, 0.35), (10.0, 0.365, 0.85)]);
    for (name, rule) in [("along", along), ("across", across)] {
        let check = |way: &str, actor: &Actor, expect: usize| {
            let script = Script::new(rule.clone(), std::slice::from_ref(actor), 50.0);
            script.raises(&format!("{name}, {way}"), expect);
        };
        check("right", &right, 0);
        check("left", &left, 1);
        check("stands", &stands, 0);
        check("aside", &aside, 0);
        check("left, switched", &left.clone().switched(5.0), 1);
    }
}

#[test]
fn failure_to_yield() {
    let walk = Zone::of(&[[0.4, 0.3], [0.6, 0.3], [0.6, 0.9], [0.4, 0.9]]);
    let stop = Line::of([0.38, 0.95], [0.38, 0.3]);
    let rule = rule(What::Yield {
        zone: walk,
        line: stop,
        direction: Direction::LeftToRight,
    });
    let on_it = person(
        1,
        &[
            (3.0, 0.5, 0.2),
            (8.0, 0.5, 0.4),
            (20.0, 0.5, 0.8),
            (24.0, 0.5, 0.99),
        ],
    );
    let drives = |at: f32| car(9, &[(at - 5.0, 0.05, 0.6), (at + 5.0, 0.75, 0.6)]);
    let check = |name: &str, actors: &[Actor], expect: usize| {
        Script::new(rule.clone(), actors, 60.0).raises(name, expect);
    };
    check("drives on", &[on_it.clone(), drives(14.0)], 1);
    check(
        "person lost",
        &[on_it.clone().switched(13.0), drives(14.0)],
        1,
    );
    check("afterwards", &[on_it.clone(), drives(35.0)], 0);
    let waits = car(
        9,
        &[
            (5.0, 0.05, 0.6),
            (9.0, 0.25, 0.6),
            (30.0, 0.25, 0.6),
            (36.0, 0.8, 0.6),
        ],
    );
    check("waits", &[on_it.clone(), waits], 0);
    let kerb = person(1, &[(3.0, 0.2, 0.98), (40.0, 0.2, 0.98)]);
    check("somebody beside", &[kerb, drives(14.0)], 0);
    let comes_back = car(9, &[(9.0, 0.75, 0.6), (19.0, 0.05, 0.6)]);
    check("from the other side", &[on_it, comes_back], 0);
}

#[test]
fn left() {
    let zone = middle();
    let rule = rule(What::Left {
        zone,
        seconds: 10.0,
    });
    let brings = |track| {
        let way = [
            (1.0, 0.1, 0.7),
            (7.0, 0.5, 0.7),
            (12.0, 0.5, 0.7),
            (22.0, 0.97, 0.7),
        ];
        person(track, &way)
    };
    let bag = || {
        Actor::new(
            50,
            "suitcase",
            0.12,
            &[(8.0, 0.53, 0.71), (70.0, 0.53, 0.71)],
        )
    };
    let check = |name: &str, actors: &[Actor], expect: usize| {
        Script::new(rule.clone(), actors, 70.0).raises(name, expect);
    };
    check("left", &[brings(1), bag()], 1);
    check(
        "flickers",
        &[brings(1), bag().hidden(30.0, 33.0).switched(32.0)],
        1,
    );
    check("person switched", &[brings(1).switched(10.0), bag()], 1);
    check("no person", &[bag()], 0);
    let passes = person(2, &[(40.0, 0.1, 0.72), (60.0, 0.9, 0.72)]);
    check("left, somebody passes", &[brings(1), bag(), passes], 1);
    let taken = Actor::new(
        50,
        "suitcase",
        0.12,
        &[(8.0, 0.53, 0.71), (12.0, 0.53, 0.71), (22.0, 0.99, 0.71)],
    );
    check("taken along", &[brings(1), taken], 0);
    let stays = person(1, &[(1.0, 0.1, 0.7), (7.0, 0.5, 0.7), (70.0, 0.5, 0.7)]);
    check("attended", &[stays.clone(), bag()], 0);
    check(
        "attended, switched",
        &[stays.clone().hidden(30.0, 34.0).switched(32.0), bag()],
        0,
    );

    // Sits down: another box at the same place, too unlike the one before to be taken for it.
    let mut stood = stays;
    stood.way[2].0 = 30.0;
    let sits = Actor::new(3, "person", 0.16, &[(31.0, 0.5, 0.7), (70.0, 0.5, 0.7)]);
    check("attended, sits down", &[stood, sits, bag()], 0);

    // The same told by the background, some seconds late.
    let place = [0.5, 0.6, 0.56, 0.71];
    let appeared = [change(7, ChangeKind::Appeared, place, 8.0, 14.0, 70.0)];
    let check = |name: &str, actors: &[Actor], changes: &[Change], expect: usize| {
        Script::new(rule.clone(), actors, 70.0)
            .changed(changes)
            .raises(name, expect);
    };
    check("by the background", &[brings(1)], &appeared, 1);
    check("by both", &[brings(1), bag()], &appeared, 1);
    check("not borne out", &[brings(1), bag()], &[], 0);
    check("nobody there", &[], &appeared, 0);
    let light = [change(
        7,
        ChangeKind::Appeared,
        [0.3, 0.2, 0.9, 0.9],
        10.0,
        12.0,
        70.0,
    )];
    check("the light changes", &[brings(1)], &light, 0);
    let parks = car(60, &[(2.0, 0.05, 0.7), (10.0, 0.5, 0.7), (70.0, 0.5, 0.7)]);
    let driver = person(1, &[(12.0, 0.45, 0.72), (30.0, 0.03, 0.72)]);
    let stands = [change(
        7,
        ChangeKind::Appeared,
        [0.44, 0.56, 0.56, 0.7],
        10.0,
        16.0,
        70.0,
    )];
    check("a car parks", &[parks, driver], &stands, 0);
    let (facts, _) = Script::new(rule.clone(), &[brings(1), bag()], 70.0)
        .changed(&appeared)
        .play(1.0);
    let fact = raised(&facts)[0];
    assert_eq!(fact.with.len(), 1);
    assert_eq!(
        (fact.with[0].track, fact.tracks.as_slice()),
        (1, &[50_u64][..])
    );
    assert_eq!(fact.class, Some("suitcase".into()));
}

#[test]
fn removed() {
    let what = || What::Removed {
        zone: middle(),
        seconds: 15.0,
    };
    let stands = |to: f32| Actor::new(30, "bicycle", 0.15, &[(0.0, 0.5, 0.7), (to, 0.5, 0.7)]);
    let comes = person(
        1,
        &[
            (20.0, 0.1, 0.7),
            (28.0, 0.46, 0.7),
            (32.0, 0.5, 0.7),
            (40.0, 0.95, 0.7),
        ],
    );
    let rides = Actor::new(
        30,
        "bicycle",
        0.15,
        &[(0.0, 0.5, 0.7), (32.0, 0.5, 0.7), (40.0, 0.95, 0.7)],
    );
    let check = |name: &str, actors: &[Actor], expect: usize| {
        Script::new(rule(what()), actors, 80.0).raises(name, expect);
    };
    check("ridden away", &[comes.clone(), rides.clone()], 1);
    check("gone", &[comes.clone(), stands(31.0)], 1);
    check("stays", &[comes.clone(), stands(80.0)], 0);
    let passes = person(1, &[(20.0, 0.1, 0.75), (40.0, 0.9, 0.75)]);
    check(
        "hidden",
        &[passes, stands(80.0).hidden(27.0, 33.0).switched(30.0)],
        0,
    );
    let short = Actor::new(30, "bicycle", 0.15, &[(20.0, 0.5, 0.7), (26.0, 0.5, 0.7)]);
    check("not parked", &[short], 0);
    let car = car(31, &[(0.0, 0.5, 0.7), (30.0, 0.5, 0.7), (40.0, 0.95, 0.7)]);
    check("a car drives off", &[car], 1);
    let (facts, _) = Script::new(rule(what()), &[comes.clone(), rides], 80.0).play(1.0);
    assert_eq!(
        raised(&facts)[0].with.first().map(|party| party.track),
        Some(1)
    );

    let place = [0.46, 0.55, 0.54, 0.7];
    let gone = [change(3, ChangeKind::Disappeared, place, 31.0, 36.0, 80.0)];
    Script::new(rule(what()), std::slice::from_ref(&comes), 80.0)
        .changed(&gone)
        .raises("a part of the scene", 1);
    Script::new(rule(what()), &[comes, stands(31.0)], 80.0)
        .changed(&gone)
        .raises("by both", 1);
    Script::new(rule(what()), &[], 80.0)
        .changed(&gone)
        .raises("nobody near", 0);
}

#[test]
fn litter() {
    let rule = rule(What::Litter {
        zone: middle(),
        seconds: 4.0,
    });
    let place = [0.49, 0.67, 0.52, 0.71];
    // Dropped at 12 s, when the walker is in the middle.
    let drops = [change(7, ChangeKind::Appeared, place, 12.0, 16.0, 60.0)];
    let check = |name: &str, actors: &[Actor], changes: &[Change], expect: usize| {
        Script::new(rule.clone(), actors, 60.0)
            .changed(changes)
            .raises(name, expect);
    };
    check("dropped", &[walker(1)], &drops, 1);
    check("nothing dropped", &[walker(1)], &[], 0);
    check("the wind", &[], &drops, 0);
    let later = [change(7, ChangeKind::Appeared, place, 45.0, 48.0, 60.0)];
    check("long after", &[walker(1)], &later, 0);
    let huge = [change(
        7,
        ChangeKind::Appeared,
        [0.45, 0.45, 0.56, 0.71],
        12.0,
        16.0,
        60.0,
    )];
    check("too large", &[walker(1)], &huge, 0);
    let waits = person(1, &[(2.0, 0.1, 0.7), (10.0, 0.5, 0.7), (60.0, 0.5, 0.7)]);
    check("stays by it", &[waits], &drops, 0);
    let cup = Actor::new(
        60,
        "bottle",
        0.05,
        &[(12.0, 0.51, 0.71), (60.0, 0.51, 0.71)],
    );
    Script::new(rule.clone(), &[walker(1), cup], 60.0).raises("detected", 1);
}

#[test]
fn blade() {
    let blade = |least_pixels| Rule {
        least_pixels,
        ..rule(What::Blade {
            zone: Zone::whole(),
        })
    };
    let holds = Actor::new(8, "knife", 0.05, &[(6.0, 0.24, 0.56), (14.0, 0.56, 0.56)]);
    let check = |name: &str, rule: Rule, actors: &[Actor], expect: usize| {
        Script::new(rule, actors, 40.0).raises(name, expect);
    };
    check("held", blade(0), &[walker(1), holds.clone()], 1);
    check("nothing held", blade(0), &[walker(1)], 0);
    let once = Actor::new(8, "knife", 0.05, &[(6.0, 0.24, 0.56), (6.1, 0.24, 0.56)]);
    check("one look", blade(0), &[walker(1), once], 0);
    check(
        "too small to be proved",
        blade(30),
        &[walker(1), holds.clone()],
        0,
    );

    let sight = |least_pixels, main| {
        let mut script = Script::new(blade(least_pixels), &[walker(1)], 20.0);
        script.limits.main = main;
        let (_, watch) = script.play(1.0);
        watch.sight().next().map(|(_, sight)| sight)
    };
    assert_eq!(sight(10, None), Some(Sight::Here));
    assert_eq!(sight(30, Some((1920, 1080))), Some(Sight::InMain));
    assert_eq!(sight(30, Some((704, 576))), Some(Sight::Nowhere));
    assert_eq!(sight(30, None), Some(Sight::Nowhere));
    let (facts, _) = Script::new(blade(0), &[walker(1), holds], 40.0).play(1.0);
    assert_eq!(raised(&facts)[0].with[0].track, 1);
}
