//! Scripts in which nothing happens: no rule may say that something did.

use super::*;

/// Every rule that tells of something that goes wrong, over the whole picture.
fn strict() -> Vec<Rule> {
    let zone = Zone::whole;
    let all = [
        "bicycle", "suitcase", "backpack", "handbag", "bottle", "car",
    ];
    let mut rules = vec![
        of_classes(
            What::Left {
                zone: zone(),
                seconds: 8.0,
            },
            &all,
        ),
        of_classes(
            What::Litter {
                zone: zone(),
                seconds: 4.0,
            },
            &all,
        ),
        of_classes(
            What::Removed {
                zone: zone(),
                seconds: 10.0,
            },
            &all,
        ),
        rule(What::Blade { zone: zone() }),
        rule(What::Crowd {
            zone: zone(),
            over: 4,
            seconds: 5.0,
        }),
    ];
    for (n, rule) in rules.iter_mut().enumerate() {
        rule.id = RuleId::new(format!("r{n}"));
    }
    rules
}

#[track_caller]
fn innocent(name: &str, actors: &[Actor], changes: Option<&[Change]>) {
    let mut script = Script::new(strict().remove(0), actors, 120.0);
    script.rules = strict();
    if let Some(changes) = changes {
        script = script.changed(changes);
    }
    script.raises(name, 0);
}

#[test]
fn a_person_pauses_with_a_bag_and_takes_it_along() {
    let way = |x: f32, y: f32| {
        [
            (1.0, 0.05 + x, y),
            (15.0, 0.5 + x, y),
            (50.0, 0.5 + x, y),
            (65.0, 0.9 + x, y),
        ]
    };
    let owner = person(1, &way(0.0, 0.7));
    let bag = Actor::new(2, "suitcase", 0.12, &way(0.05, 0.7));
    innocent("pauses", &[owner.clone(), bag.clone()], None);
    innocent(
        "pauses, with losses",
        &[
            owner.clone().hidden(25.0, 28.0).switched(27.0),
            bag.clone().hidden(31.0, 36.0).switched(33.0),
        ],
        None,
    );
    let place = [0.52, 0.58, 0.59, 0.7];
    let stands = [change(1, ChangeKind::Appeared, place, 15.0, 25.0, 56.0)];
    innocent("pauses, the background too", &[owner, bag], Some(&stands));
}

#[test]
fn somebody_passes_a_parked_bicycle() {
    let parked = Actor::new(3, "bicycle", 0.15, &[(0.0, 0.5, 0.7), (120.0, 0.5, 0.7)]);
    let passes = person(1, &[(20.0, 0.05, 0.72), (40.0, 0.95, 0.72)]);
    let pauses = person(
        4,
        &[
            (50.0, 0.05, 0.72),
            (60.0, 0.47, 0.72),
            (75.0, 0.47, 0.72),
            (90.0, 0.95, 0.72),
        ],
    );
    innocent(
        "passes",
        &[parked.clone(), passes.clone(), pauses.clone()],
        None,
    );
    let flickers = parked
        .hidden(10.0, 14.0)
        .hidden(27.0, 34.0)
        .switched(30.0)
        .hidden(60.0, 76.0)
        .switched(70.0);
    innocent("passes, with losses", &[flickers, passes, pauses], None);
}

#[test]
fn people_stand_and_go() {
    let actors: Vec<Actor> = (0..4)
        .map(|n| {
            let x = 0.2 + 0.2 * n as f32;
            let start = 3.0 + 5.0 * n as f32;
            person(
                n,
                &[
                    (start, x, 0.4),
                    (start + 10.0, x, 0.7),
                    (start + 50.0, x, 0.7),
                    (start + 60.0, x, 0.95),
                ],
            )
        })
        .collect();
    innocent("stand and go", &actors, None);
    // A background model takes who stands for a part of the scene.
    let stood = [change(
        1,
        ChangeKind::Appeared,
        [0.17, 0.4, 0.23, 0.7],
        13.0,
        25.0,
        58.0,
    )];
    innocent("stand and go, the background too", &actors, Some(&stood));
}

#[test]
fn cars_pass_and_light_changes() {
    let cars: Vec<Actor> = (0..8)
        .map(|n| {
            let start = 10.0 * n as f32;
            car(n, &[(start, 0.05, 0.5), (start + 6.0, 0.95, 0.5)])
        })
        .collect();
    let light = [
        change(
            1,
            ChangeKind::Appeared,
            [0.0, 0.0, 1.0, 0.6],
            30.0,
            31.0,
            90.0,
        ),
        change(
            2,
            ChangeKind::Disappeared,
            [0.7, 0.8, 0.8, 0.95],
            50.0,
            51.0,
            90.0,
        ),
    ];
    innocent("cars and light", &cars, Some(&light));
}
