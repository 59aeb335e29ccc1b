//! Bad input: nothing panics, nothing grows, nothing is told twice.

use proptest::prelude::*;

use super::*;
use crate::model::detection::rule::Fault;

fn seen(track: u64, region: [f32; 4], score: f32) -> Seen {
    Seen {
        track,
        class: "person".into(),
        score,
        region: region.into(),
        velocity: [f32::NAN, f32::INFINITY],
        first_seen: Duration::MAX,
        last_seen: Duration::ZERO,
        still_since: Some(Duration::MAX),
        lost: false,
    }
}

fn look<'a>(at: f32, tracks: &'a [Seen], changes: &'a [StaticChange]) -> Look<'a> {
    let at = Duration::from_secs_f32(at);
    Look {
        at,
        wall: wall(at),
        local: date(2026, 11, 23).at(12, 0, 0, 0),
        size: (0, 0),
        tracks,
        changes,
    }
}

fn zone_rule() -> Rule {
    rule(What::Zone {
        zone: Zone::whole(),
    })
}

#[test]
fn regions_that_are_none_are_left_out() {
    let mut watch = Watch::new(vec![zone_rule()], Limits::default());
    let tracks = [
        seen(1, [f32::NAN, 0.0, 0.5, 0.5], 0.9),
        seen(2, [0.5, 0.5, 0.2, 0.8], 0.9),
        seen(3, [2.0, 2.0, 3.0, 3.0], 0.9),
        seen(4, [0.1, 0.1, 0.2, 0.4], f32::NAN),
        seen(5, [0.1, 0.1, f32::INFINITY, 0.4], 0.9),
        Seen {
            lost: true,
            ..seen(6, [0.1, 0.1, 0.2, 0.4], 0.9)
        },
    ];
    for n in 0..10 {
        assert_eq!(watch.step(&look(n as f32, &tracks, &[])), []);
    }
    assert_eq!(watch.subjects.len(), 0);
}

#[test]
fn ten_thousand_tracks_are_bounded() {
    let limits = Limits {
        subjects: 1000,
        ..Limits::default()
    };
    let mut rules = vec![zone_rule()];
    rules.push(Rule {
        id: RuleId::new("stopped"),
        ..of_classes(
            What::Stopped {
                zone: Zone::whole(),
                seconds: 0.0,
            },
            &["person"],
        )
    });
    let mut watch = Watch::new(rules, limits.clone());
    let mut most = 0;
    for n in 0..6 {
        // Other numbers and other sizes each time, so that nothing goes on.
        let size = 0.01 * 2_f32.powi(n as i32);
        let tracks: Vec<Seen> = (0..10_000_u32)
            .map(|i| {
                let (x, y) = ((i % 100) as f32 / 100.0, (i / 100) as f32 / 100.0);
                seen(u64::from(n * 10_000 + i), [x, y, x + size, y + size], 0.9)
            })
            .collect();
        let changes: Vec<StaticChange> = (0..10_000)
            .map(|id| StaticChange {
                id,
                region: [0.1, 0.1, 0.2, 0.2].into(),
                kind: ChangeKind::Appeared,
                since: Duration::MAX,
                score: 1.0,
            })
            .collect();
        let facts = watch.step(&look(n as f32, &tracks, &changes));
        most = most.max(facts.len());
        let most = limits.subjects.min(limits.tracks * (n as usize + 1));
        assert_eq!(watch.subjects.len(), most);
    }
    assert!(most <= 2 * limits.open, "{most} facts of one look");
    assert!(watch.finish().len() <= 2 * limits.open);
}

#[test]
fn one_number_twice_in_a_look_is_one_thing() {
    let mut watch = Watch::new(vec![zone_rule()], Limits::default());
    let tracks = [
        seen(1, [0.1, 0.1, 0.2, 0.4], 0.9),
        seen(1, [0.6, 0.1, 0.7, 0.4], 0.8),
    ];
    let facts: Vec<Fact> = (0..5)
        .flat_map(|n| watch.step(&look(n as f32, &tracks, &[])))
        .collect();
    assert_eq!(raised(&facts).len(), 1);
}

#[test]
fn time_that_goes_back_is_left_out_or_begins_anew() {
    let mut watch = Watch::new(vec![zone_rule()], Limits::default());
    let tracks = [seen(1, [0.1, 0.1, 0.2, 0.4], 0.9)];
    let mut facts = Vec::new();
    for at in [100.0, 101.0, 101.0, 100.5, 102.0] {
        facts.extend(watch.step(&look(at, &tracks, &[])));
    }
    assert_eq!((facts.len(), watch.ignored()), (1, 2));
    let again = watch.step(&look(5.0, &tracks, &[]));
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].stage, again[0].id), (Stage::Ended, facts[0].id));
    watch.step(&look(6.0, &tracks, &[]));
}

#[test]
fn a_rule_with_a_fault_is_refused_and_the_others_go_on() {
    let none = Rule {
        id: RuleId::new("none"),
        ..rule(What::Zone {
            zone: Zone::default(),
        })
    };
    let off = Rule {
        enabled: false,
        ..none.clone()
    };
    let mut watch = Watch::new(vec![none, off, zone_rule()], Limits::default());
    let expect = (RuleId::new("none"), vec![Fault::TooFewPoints { points: 0 }]);
    assert_eq!(watch.refused(), [expect]);
    let tracks = [seen(1, [0.1, 0.1, 0.2, 0.4], 0.9)];
    watch.step(&look(0.0, &tracks, &[]));
    assert_eq!(watch.step(&look(1.0, &tracks, &[])).len(), 1);
    // Rules that stay go on; what goes is ended.
    assert_eq!(watch.set_rules(vec![zone_rule()]), []);
    assert_eq!(watch.step(&look(2.0, &tracks, &[])), []);
    let ended = watch.set_rules(Vec::new());
    assert_eq!(
        ended.iter().map(|fact| fact.stage).collect::<Vec<_>>(),
        [Stage::Ended]
    );
    assert_eq!(watch.step(&look(3.0, &tracks, &[])), []);
}

#[test]
fn the_same_clip_gives_the_same_facts() {
    let script = Script::new(zone_rule(), &[walker(1), walker(2)], 30.0);
    assert_eq!(script.play(1.0).0, script.play(1.0).0);
}

fn any_rule() -> impl Strategy<Value = Vec<Rule>> {
    let whole = Zone::whole;
    let all = vec![
        What::Zone { zone: whole() },
        What::Line {
            line: upwards(),
            direction: EITHER,
        },
        What::Dwell {
            zone: whole(),
            seconds: 2.0,
        },
        What::Count { zone: middle() },
        What::Crowd {
            zone: whole(),
            over: 2,
            seconds: 1.0,
        },
        What::WrongWay {
            way: crate::model::detection::rule::Way::Along {
                zone: whole(),
                arrow: upwards(),
            },
        },
        What::Left {
            zone: whole(),
            seconds: 1.0,
        },
        What::Removed {
            zone: whole(),
            seconds: 1.0,
        },
        What::Litter {
            zone: whole(),
            seconds: 1.0,
        },
        What::Yield {
            zone: middle(),
            line: upwards(),
            direction: EITHER,
        },
        What::Stopped {
            zone: whole(),
            seconds: 1.0,
        },
        What::Blade { zone: whole() },
    ];
    Just(all.into_iter().map(rule).collect())
}

proptest! {
    /// Whatever comes: no panic, every begun fact ends once at the latest by the end, none ends that
    /// did not begin, and times are in order.
    #[test]
    fn any_looks_give_facts_in_order(
        rules in any_rule(),
        looks in proptest::collection::vec(
            (-1.0_f32..12.0, proptest::collection::vec(
                (0_u64..8, 0_usize..5, 0.0_f32..1.0, 0.0_f32..1.0, 0.01_f32..0.5, 0.0_f32..1.0), 0..8)),
            1..40),
    ) {
        let classes = ["person", "car", "suitcase", "bicycle", "knife"];
        let mut numbered = rules;
        for (n, rule) in numbered.iter_mut().enumerate() {
            rule.id = RuleId::new(format!("r{n}"));
        }
        let mut watch = Watch::new(numbered, Limits::default());
        let mut open = std::collections::BTreeMap::new();
        let mut at = 100.0_f32;
        let mut facts = Vec::new();
        for (passed, tracks) in looks {
            at = (at + passed).max(0.0);
            let tracks: Vec<Seen> = tracks.into_iter().map(|(track, class, x, y, size, score)| Seen {
                class: classes[class].into(),
                ..seen(track, [x - size / 2.0, y - size, x + size / 2.0, y], score)
            }).collect();
            facts.extend(watch.step(&look(at, &tracks, &[])));
        }
        facts.extend(watch.finish());
        for fact in facts {
            prop_assert!(fact.region.is_sound(), "{fact:?}");
            prop_assert!((0.0..=1.0).contains(&fact.score));
            prop_assert!(fact.kind.lasts() == (fact.stage != Stage::Once));
            match fact.stage {
                Stage::Once => prop_assert!(open.insert(fact.id, true).is_none()),
                Stage::Begun => prop_assert!(open.insert(fact.id, false).is_none()),
                Stage::Updated => prop_assert_eq!(open.get(&fact.id), Some(&false)),
                Stage::Ended => prop_assert_eq!(open.insert(fact.id, true), Some(false)),
            }
        }
        prop_assert!(open.values().all(|over| *over), "something never ended");
    }
}
