//! Any acts by any persons in any order, each person at two seats, each seat on what it
//! knew some time ago: a post that was once taken is always somebody's, and nobody holds one while on a break.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::cover::{self, Cover, CoverState};
use super::handover::{self, Handover};
use super::refusal::Refusal;
use super::world::{World, id, number};
use super::{By, post};
use crate::model::act::{Draft, Kept};

const PERSONS: u64 = 4;
const POSTS: u64 = 3;

/// What somebody tries; the numbers choose among what there is.
#[derive(Clone, Debug)]
struct Step {
    who: u64,
    second_seat: bool,
    what: u8,
    which: usize,
    other: u64,
}

fn step() -> impl Strategy<Value = Step> {
    (0..PERSONS, any::<bool>(), 0_u8..24, 0_usize..4, 0..PERSONS).prop_map(
        |(who, second_seat, what, which, other)| Step {
            who,
            second_seat,
            what,
            which,
            other,
        },
    )
}

/// A record that is still open, so that most tries concern something.
fn pick<T>(kept: &[Kept<T>], which: usize, open: impl Fn(&T) -> bool) -> Option<&Kept<T>> {
    let open: Vec<&Kept<T>> = kept.iter().filter(|one| open(&one.value)).collect();
    open.get(which % open.len().max(1)).copied()
}

/// What `step` draws up on the `view` of its seat; `next` is a new identity.
fn tried(view: &World, step: &Step, next: u64) -> Option<Result<Draft, Refusal>> {
    let known = view.known();
    let by: By<'_> = if step.second_seat {
        World::by_second(step.who)
    } else {
        World::by(step.who)
    };
    let post = id(100 + step.which as u64 % POSTS);
    // Mostly what is for this person to do; now and then what is not.
    let anyhow = step.which == 3;
    let own_cover = |cover: &Cover| match step.what {
        6..=9 | 13 | 15 => cover.taker == by.person,
        10 | 12 => cover.giver == by.person,
        _ => true,
    };
    let own_handover = |handover: &Handover| match step.what {
        17 | 22 => handover.from == by.person,
        18..=21 => handover.to == Some(by.person),
        _ => true,
    };
    let cover = pick(&view.covers, step.which, |cover| {
        cover.state.is_open() && (anyhow || own_cover(cover))
    })
    .map(|one| one.id);
    let handover = pick(&view.handovers, step.which, |one| {
        one.state.is_open() && (anyhow || own_handover(one))
    });
    Some(match step.what {
        0..=2 => post::take(&known, by, post),
        3..=5 => cover::offer(&known, by, id(next), id(step.other)),
        6..=8 => cover::accept(&known, by, cover?),
        9 => cover::refuse(&known, by, cover?),
        10 => cover::withdraw(&known, by, cover?),
        11 => cover::expire(&known, cover?),
        12 => cover::ask_back(&known, by, cover?),
        13 => cover::give_back(&known, by, cover?),
        14 => cover::lost(&known, cover?),
        15 => cover::keep(&known, by, cover?),
        16 => handover::draft(&known, by, id(next), vec![], &view.handovers),
        17 => handover::offer(&known, by, handover?, id(step.other)),
        18 => handover::open(&known, by, handover?),
        19..=20 => handover::finish(&known, by, handover?, vec![]),
        21 => handover::decline(by, handover?),
        22 => handover::withdraw(&known, by, handover?),
        _ => match handover::refresh(&known, handover?, vec![]) {
            Ok(draft) => Ok(draft?),
            Err(refusal) => Err(refusal),
        },
    })
}

/// Now and then some seconds, so that who says nothing is gone; once in a while ten minutes.
fn let_time_pass(world: &mut World, chance: u8) {
    match chance {
        0 => world.pass(600),
        chance if chance % 16 == 0 => world.pass(u32::from(chance) / 16),
        _ => {}
    }
}

fn check(world: &World, once_held: &mut BTreeSet<usize>) -> Result<(), TestCaseError> {
    let holders = world.holders();
    for (place, holder) in holders.iter().enumerate() {
        if holder.is_some() {
            once_held.insert(place);
        }
        prop_assert!(
            holder.is_some() || !once_held.contains(&place),
            "post {place} is nobody's"
        );
    }
    let mut covered = BTreeSet::new();
    let mut on_break = BTreeSet::new();
    for cover in world.covers.iter().map(|cover| &cover.value) {
        if !cover.state.is_running() {
            continue;
        }
        prop_assert!(on_break.insert(number(cover.giver)), "two breaks at once");
        for post in &cover.posts {
            prop_assert!(covered.insert(*post), "{post} is covered twice");
            let place = (number(*post) - 100) as usize;
            let holder = holders[place];
            prop_assert_eq!(holder, Some(number(cover.taker)), "who covers holds it");
        }
    }
    for person in 0..PERSONS {
        let held = holders.iter().filter(|one| **one == Some(person)).count();
        prop_assert!(held <= world.rules.most_posts as usize);
        prop_assert!(
            held == 0 || !on_break.contains(&person),
            "{person} holds posts on a break"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn a_set_is_never_orphaned(
        steps in proptest::collection::vec((step(), any::<u8>()), 1..120),
    ) {
        let mut world = World::new(POSTS);
        let mut views: Vec<World> = (0..2 * PERSONS).map(|_| world.clone()).collect();
        let mut once_held = BTreeSet::new();
        let mut next = 1000;
        for (step, chance) in steps {
            // Time goes on, some seats are heard of, and some of them learn what happened.
            let_time_pass(&mut world, chance);
            let seat = (step.who + u64::from(step.second_seat) * PERSONS) as usize;
            if chance % 3 == 0 {
                world.stay(step.who);
                views[seat] = world.clone();
            }
            next += 1;
            let Some(Ok(draft)) = tried(&views[seat], &step, next) else {
                continue;
            };
            if world.apply(&draft) {
                // A seat knows what it did itself.
                views[seat] = world.clone();
            }
            check(&world, &mut once_held)?;
        }
    }
}

#[test]
fn the_steps_reach_every_state() {
    // The same generator, seeded: what it never reaches, it does not prove.
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = proptest::collection::vec((step(), any::<u8>()), 100..120);
    let mut reached = BTreeSet::new();
    for _ in 0..200 {
        let tree = strategy.new_tree(&mut runner).expect("steps");
        let mut world = World::new(POSTS);
        for (next, (step, chance)) in tree.current().into_iter().enumerate() {
            let_time_pass(&mut world, chance);
            world.stay(step.who);
            if let Some(Ok(draft)) = tried(&world, &step, 1000 + next as u64) {
                world.apply(&draft);
                reached.extend(world.covers.iter().map(|one| one.value.state.key()));
                reached.extend(world.handovers.iter().map(|one| one.value.state.key()));
            }
        }
    }
    for state in [
        CoverState::Offered,
        CoverState::Running,
        CoverState::AskedBack,
        CoverState::Returned,
        CoverState::Refused,
        CoverState::Withdrawn,
        CoverState::Expired,
        CoverState::Lost,
        CoverState::Kept,
    ] {
        assert!(reached.contains(state.key()), "{state:?} is never reached");
    }
    assert!(reached.contains("handover-finished"));
}
