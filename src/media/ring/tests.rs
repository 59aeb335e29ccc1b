//! Rings and their budget, in simulated time; one against a naive one.

use bytes::Bytes;
use proptest::prelude::*;

use super::units::UNIT_COST;
use super::*;
use crate::base::clock::{self, MediaTime};
use crate::media::source::Parameters;
use crate::model::codec::Codec;

fn unit(start: Instant, number: u64, size: usize) -> EncodedUnit {
    let at = Duration::from_millis(100 * number);
    EncodedUnit {
        codec: Codec::H264,
        parameters: Parameters::default(),
        pts: MediaTime(at.as_nanos() as i64),
        arrival: start + at,
        capture: None,
        // Two seconds a group.
        keyframe: number.is_multiple_of(20),
        recovers_after: 0,
        lost_packets: 0,
        is_damaged: false,
        bytes: Bytes::from(vec![number as u8; size]),
    }
}

fn secs(from: Instant, secs: f64) -> Instant {
    from + Duration::from_secs_f64(secs)
}

#[test]
fn half_a_minute_is_kept_from_a_keyframe_on() {
    let budget = Budget::new(1 << 30);
    let ring = Ring::new(&budget);
    let start = clock::now();
    // The stream is joined in the middle of a group.
    for number in 7..1000 {
        ring.push(&unit(start, number, 500));
    }
    let held = ring.held();
    let length = held.length.as_secs_f64();
    assert!((30.0..=32.1).contains(&length), "{length}");
    assert_eq!(held.bytes, held.units as u64 * (500 + UNIT_COST));
    assert_eq!(budget.held(), held.bytes);
    let span = ring.span(secs(start, 85.0), secs(start, 90.0));
    assert!(span.units().next().unwrap().keyframe);
    let first = span.units().next().unwrap().arrival;
    assert_eq!(first, secs(start, 84.0), "the keyframe before");
    assert_eq!(span.units().last().unwrap().arrival, secs(start, 90.0));
    drop(ring);
    assert_eq!(budget.held(), 0);
}

#[test]
fn a_short_budget_costs_the_oldest_groups_and_never_the_newest() {
    let budget = Budget::new(300_000);
    let rings = [Ring::new(&budget), Ring::new(&budget)];
    let start = clock::now();
    for number in 0..400 {
        for ring in &rings {
            ring.push(&unit(start, number, 2000));
            assert!(ring.held().units > 0);
        }
        assert!(budget.held() <= 300_000 + 2 * 2200, "{}", budget.held());
    }
    for ring in &rings {
        let span = ring.span(start, secs(start, 1000.0));
        assert!(span.units().next().unwrap().keyframe);
        let held = ring.held();
        assert!(held.length >= Duration::from_secs(1), "{held:?}");
    }
}

#[test]
fn a_connection_that_was_lost_leaves_a_gap_and_what_came_before() {
    let ring = Ring::new(&Budget::new(1 << 30));
    let start = clock::now();
    for number in 0..40 {
        ring.push(&unit(start, number, 10));
    }
    ring.break_off();
    for number in 100..140 {
        ring.push(&unit(start, number, 10));
    }
    assert_eq!(ring.held().gaps, 1);
    let span = ring.span(start, secs(start, 60.0));
    assert_eq!(span.units().count(), 80);
    let missing = span.missing();
    assert_eq!(
        missing.as_millis(),
        6100,
        "from the last before to the first behind"
    );
}

/// A unit of a stream that has one keyframe and never another.
fn endless(start: Instant, number: u64, size: usize) -> EncodedUnit {
    EncodedUnit {
        keyframe: number == 0,
        ..unit(start, number, size)
    }
}

#[test]
fn a_stream_of_one_keyframe_is_held_for_a_minute_and_can_be_begun() {
    let budget = Budget::new(1 << 30);
    let ring = Ring::new(&budget);
    let start = clock::now();
    for number in 0..50_000 {
        ring.push(&endless(start, number, 500));
        let held = ring.held();
        let most = LONGEST_GROUP + Duration::from_millis(100);
        assert!(held.length <= most, "{held:?}");
    }
    let held = ring.held();
    assert_eq!(held.units, 602, "a minute, and the keyframe");
    assert_eq!(held.bytes, 602 * (500 + UNIT_COST));
    assert_eq!(held.gaps, 1);
    let span = ring.span(secs(start, 4990.0), secs(start, 4999.9));
    let numbers: Vec<u8> = span.units().map(|unit| unit.bytes[0]).collect();
    assert_eq!(numbers[..2], [0, (50_000_u64 - 601) as u8]);
    assert!(span.units().next().unwrap().keyframe);
    // The keyframe was moved up: no hour is told to be missing.
    assert_eq!(span.missing(), Duration::ZERO);
    // When a second one comes after all, the first group goes as any other does.
    for number in 50_000..50_400 {
        ring.push(&EncodedUnit {
            keyframe: number == 50_000,
            ..unit(start, number, 500)
        });
    }
    assert_eq!(ring.held().units, 400);
    assert_eq!(ring.held().gaps, 0);
}

#[test]
fn a_stream_of_one_keyframe_is_bounded_by_bytes_and_takes_nothing_from_the_others() {
    // Half a minute of one in groups of two seconds is 32 s at most.
    let modest = 330 * (300 + UNIT_COST);
    let budget = Budget::new(10 * modest);
    let greedy = Ring::new(&budget);
    let others: Vec<Ring> = (0..7).map(|_| Ring::new(&budget)).collect();
    let start = clock::now();
    for number in 0..2000 {
        greedy.push(&endless(start, number, 60_000));
        for other in &others {
            other.push(&unit(start, number, 300));
        }
        assert!(budget.held() <= budget.cap(), "{number}");
        let present = greedy.held().units;
        assert!(present > usize::from(number > 0), "the present stays");
    }
    for other in &others {
        let length = other.held().length;
        assert!(length >= KEPT_FOR, "{length:?} are left of another's past");
    }
    assert!(greedy.held().bytes >= budget.share() - 61_000, "its share");
}

#[test]
fn what_a_feed_has_used_of_others_shares_is_given_back_though_it_sends_nothing_more() {
    let modest = 330 * (300 + UNIT_COST);
    let budget = Budget::new(8 * modest);
    let greedy = Ring::new(&budget);
    let start = clock::now();
    for number in 0..300 {
        greedy.push(&unit(start, number, 60_000));
    }
    let all = greedy.held().bytes;
    // Its connection is lost, and seven others begin.
    greedy.break_off();
    let others: Vec<Ring> = (0..7).map(|_| Ring::new(&budget)).collect();
    assert!(all > 3 * budget.share(), "it used what nobody needed");
    for number in 0..400 {
        for other in &others {
            other.push(&unit(start, 1000 + number, 300));
            // Other rings are looked at by turns.
            let late = others.len() as u64 * (300 + UNIT_COST);
            assert!(budget.held() <= budget.cap() + late, "{number}");
        }
    }
    assert!(greedy.held().units > 0, "what it may keep is kept");
    for other in &others {
        assert!(other.held().length >= KEPT_FOR);
    }
    drop((greedy, others));
    assert_eq!(budget.held(), 0);
}

/// A ring as one would write it down without a thought for its cost.
#[derive(Default)]
struct Naive {
    /// Number, whether it is a keyframe, when it counts as arrived (ms), bytes, whether after a gap.
    units: Vec<(u64, bool, u64, u64, bool)>,
    is_broken: bool,
}

impl Naive {
    fn bytes(&self) -> u64 {
        self.units.iter().map(|unit| unit.3 + UNIT_COST).sum()
    }

    fn drop_oldest(&mut self) {
        let second = self.units.iter().skip(1).position(|unit| unit.1);
        match second {
            Some(between) => drop(self.units.drain(..=between)),
            None if self.units.len() > 2 => {
                self.units.remove(1);
                self.units[1].4 = true;
                self.units[0].2 = self.units[1].2;
            }
            None => self.units.clear(),
        }
    }

    fn push(&mut self, unit: (u64, bool, u64, u64), most: u64) {
        let (number, is_keyframe, at, bytes) = unit;
        let after_gap = std::mem::take(&mut self.is_broken);
        if !is_keyframe && self.units.is_empty() {
            return;
        }
        self.units.push((number, is_keyframe, at, bytes, after_gap));
        loop {
            let mut later = self.units.iter().skip(1);
            let aged = match later.clone().find(|unit| unit.1) {
                Some(second) => at - second.2 >= 30_000,
                None => later.next().is_some_and(|unit| at - unit.2 > 60_000),
            };
            if !aged {
                break;
            }
            self.drop_oldest();
        }
        while self.bytes() > most {
            self.drop_oldest();
        }
    }
}

proptest! {
    /// Keyframes come as they like, connections break, and bytes are short or not: what is held is
    /// what the naive ring holds.
    #[test]
    fn a_ring_holds_what_a_naive_one_holds(
        cap in prop_oneof![Just(1_u64 << 30), 2_000_u64..200_000],
        rarely in 1_u32..400,
        steps in prop::collection::vec((0_u32..400, 1_u64..900, 1_usize..3000, 0_u32..50), 1..700),
    ) {
        let budget = Budget::new(cap);
        let ring = Ring::new(&budget);
        let mut naive = Naive::default();
        let start = clock::now();
        let mut at = 0;
        for (number, (dice, passed, size, breaks)) in steps.into_iter().enumerate() {
            at += passed;
            if breaks == 0 {
                ring.break_off();
                naive.is_broken = true;
            }
            let keyframe = dice.is_multiple_of(rarely);
            ring.push(&EncodedUnit {
                pts: MediaTime(number as i64),
                arrival: start + Duration::from_millis(at),
                keyframe,
                ..unit(start, 0, size)
            });
            naive.push((number as u64, keyframe, at, size as u64), cap);
            let held = ring.held();
            prop_assert_eq!(held.bytes, naive.bytes());
            prop_assert_eq!(budget.held(), held.bytes);
            prop_assert_eq!(held.gaps, naive.units.iter().filter(|unit| unit.4).count());
        }
        let from = start + Duration::from_millis(at / 2);
        let span = ring.span(from, start + Duration::from_millis(at));
        let begin = naive.units.iter().rposition(|unit| unit.1 && unit.2 <= at / 2);
        let expected = naive.units.iter().skip(begin.unwrap_or(0)).map(|unit| unit.0 as i64);
        let found: Vec<i64> = span.units().map(|unit| unit.pts.0).collect();
        prop_assert_eq!(found, expected.collect::<Vec<_>>());
    }

    /// However several rings share a budget: no more is held than it, each begins with a keyframe, and
    /// one that holds no more than its share loses nothing at another's unit.
    #[test]
    fn rings_that_share_are_fair(
        cap in 5_000_u64..100_000,
        steps in prop::collection::vec((0_usize..4, 1_u64..300, 1_usize..4000, 0_u32..12), 1..500),
    ) {
        let budget = Budget::new(cap);
        let rings: Vec<Ring> = (0..4).map(|_| Ring::new(&budget)).collect();
        let start = clock::now();
        let mut at = 0;
        for (turn, passed, size, dice) in steps {
            at += passed;
            let before: Vec<Held> = rings.iter().map(Ring::held).collect();
            rings[turn].push(&EncodedUnit {
                arrival: start + Duration::from_millis(at),
                keyframe: dice == 0,
                ..unit(start, 0, size)
            });
            prop_assert!(budget.held() <= cap);
            let held: Vec<Held> = rings.iter().map(Ring::held).collect();
            prop_assert_eq!(budget.held(), held.iter().map(|held| held.bytes).sum::<u64>());
            for (other, (before, after)) in before.iter().zip(&held).enumerate() {
                if other != turn && before.bytes <= budget.share() {
                    prop_assert_eq!(before, after);
                }
            }
            for ring in &rings {
                let span = ring.span(start, start + Duration::from_millis(at));
                prop_assert!(span.units().next().is_none_or(|unit| unit.keyframe));
            }
        }
    }
}
