//! What sounds when: at most two at once, the most urgent first, what is critical until somebody has
//! seen it. Pure: time comes in, what is to begin goes out.

use std::collections::BTreeMap;
use std::time::Duration;

use super::description::Description;
use crate::model::alarm::{Family, Priority};
use crate::model::id::Id;

/// So many sounds at once.
pub const MOST_AT_ONCE: usize = 2;
/// What is critical is quieter for so long after somebody has seen it.
const DUCKED_FOR: Duration = Duration::from_secs(60);
/// How much quieter.
const DUCKED: f32 = 0.126; // -18 dB
/// What is critical and still open after that sounds again, so often.
const REMINDS_EVERY: Duration = Duration::from_secs(30);
/// How much quieter everything is while somebody speaks.
const UNDER_A_VOICE: f32 = 0.25; // -12 dB
/// What is critical is never set quieter than this.
const CRITICAL_FLOOR: f32 = 0.5;

/// An alarm that sounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ring {
    /// Which.
    pub alarm: Id,
    /// What it sounds like.
    pub family: Family,
    /// How urgent it is.
    pub priority: Priority,
    /// Where it comes from: -1 left, 1 right.
    pub pan: f32,
}

/// A burst that begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Of which alarm.
    pub ring: Ring,
    /// How loud, 0 to 1.
    pub gain: f32,
    /// The alarm whose burst ends for it before its time: what is critical waits for nobody.
    pub cuts: Option<Id>,
}

/// A burst that sounds.
#[derive(Clone, Copy, Debug)]
struct Sounding {
    until: Duration,
    ring: Ring,
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    ring: Ring,
    since: Duration,
    next: Duration,
    seen: Option<Duration>,
}

/// The state of what sounds. Times are since an origin of the caller's.
#[derive(Debug)]
pub struct Policy {
    rings: BTreeMap<Id, Kept>,
    /// What sounds now.
    sounding: Vec<Sounding>,
    volume: f32,
    voice: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rings: BTreeMap::new(),
            sounding: Vec::new(),
            volume: 1.0,
            voice: false,
        }
    }
}

fn side(pan: f32) -> i8 {
    (pan.clamp(-1.0, 1.0) * 2.0).round() as i8
}

impl Policy {
    /// These alarms sound from now on, and no others: those that nobody has seen (`seen` false), and
    /// critical ones that are open still though somebody has.
    pub fn set(&mut self, wanted: &[(Ring, bool)], now: Duration) {
        self.rings
            .retain(|id, _| wanted.iter().any(|(ring, _)| ring.alarm == *id));
        for (ring, seen) in wanted {
            let kept = self.rings.entry(ring.alarm).or_insert(Kept {
                ring: *ring,
                since: now,
                next: now,
                seen: None,
            });
            if kept.ring.priority < ring.priority {
                kept.next = now;
            }
            kept.ring = *ring;
            match (seen, kept.seen) {
                (true, None) => kept.seen = Some(now),
                (false, Some(_)) => {
                    // It calls anew.
                    kept.seen = None;
                    kept.next = now;
                }
                _ => {}
            }
        }
        self.rings
            .retain(|_, kept| kept.seen.is_none() || kept.ring.priority == Priority::Critical);
    }

    /// How loud all is, 0 to 1; what is critical has a floor.
    pub fn set_volume(&mut self, volume: f32) {
        self.volume = volume.clamp(0.0, 1.0);
    }

    /// Somebody speaks.
    pub fn set_voice(&mut self, voice: bool) {
        self.voice = voice;
    }

    /// The device was away: what should sound begins at once.
    pub fn begin_anew(&mut self, now: Duration) {
        self.sounding.clear();
        for kept in self.rings.values_mut() {
            kept.next = now;
        }
    }

    /// What begins now.
    pub fn step(&mut self, description: &Description, now: Duration) -> Vec<Start> {
        self.sounding.retain(|burst| burst.until > now);
        let mut due: Vec<Kept> = self
            .rings
            .values()
            .filter(|kept| kept.next <= now)
            .copied()
            .collect();
        due.sort_by(|a, b| {
            let calls = |kept: &Kept| kept.seen.is_none();
            (calls(b), b.ring.priority)
                .cmp(&(calls(a), a.ring.priority))
                .then(a.since.cmp(&b.since))
                .then(a.ring.alarm.cmp(&b.ring.alarm))
        });
        let mut starts = Vec::new();
        for kept in due {
            let ring = kept.ring;
            let pulses = description.pulses(ring.priority);
            let (_, ms) = pulses.times();
            let length = Duration::from_millis(u64::from(ms));
            let again = match (kept.seen, pulses.again_s) {
                (Some(seen), again) if now < seen + DUCKED_FOR => Some(again.max(1)),
                (Some(_), _) => Some(REMINDS_EVERY.as_secs() as u32),
                (None, 0) => None,
                (None, again) => Some(again),
            };
            let told = |burst: &Sounding| {
                let other = burst.ring;
                (other.family, side(other.pan)) == (ring.family, side(ring.pan))
            };
            // Two of one kind from one side say no more than one.
            let doubled = self.sounding.iter().any(told);
            if !doubled {
                let mut cuts = None;
                if self.sounding.len() >= MOST_AT_ONCE {
                    let critical = ring.priority == Priority::Critical && kept.seen.is_none();
                    let Some(least) = self.least_urgent().filter(|_| critical) else {
                        continue;
                    };
                    let cut = self.sounding.remove(least).ring.alarm;
                    if let Some(cut) = self.rings.get_mut(&cut) {
                        // It begins anew in its turn.
                        cut.next = now;
                    }
                    cuts = Some(cut);
                }
                self.sounding.push(Sounding {
                    until: now + length,
                    ring,
                });
                starts.push(Start {
                    ring,
                    gain: self.gain(&kept, now),
                    cuts,
                });
            }
            if let Some(kept) = self.rings.get_mut(&ring.alarm) {
                kept.next = match again {
                    Some(secs) => now + Duration::from_secs(u64::from(secs)),
                    None => Duration::MAX,
                };
            }
        }
        starts
    }

    /// Which of the bursts that sound makes way for what is critical: the least urgent, of equals the
    /// one that ends first; none where all are critical.
    fn least_urgent(&self) -> Option<usize> {
        let bursts = self.sounding.iter().enumerate();
        bursts
            .filter(|(_, burst)| burst.ring.priority != Priority::Critical)
            .min_by_key(|(_, burst)| (burst.ring.priority, burst.until))
            .map(|(index, _)| index)
    }

    fn gain(&self, kept: &Kept, now: Duration) -> f32 {
        let critical = kept.ring.priority == Priority::Critical;
        let least = if critical { CRITICAL_FLOOR } else { 0.0 };
        let mut gain = self.volume.max(least);
        if kept.seen.is_some_and(|seen| now < seen + DUCKED_FOR) {
            gain *= DUCKED;
        }
        if self.voice {
            gain *= UNDER_A_VOICE;
        }
        gain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(n: u8, family: Family, priority: Priority) -> Ring {
        Ring {
            alarm: Id::from_bytes([n; 16]),
            family,
            priority,
            pan: 0.0,
        }
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn begun(starts: &[Start]) -> Vec<Family> {
        starts.iter().map(|start| start.ring.family).collect()
    }

    #[test]
    fn two_at_once_the_most_urgent_first_and_the_third_in_its_turn() {
        let own = Description::own().unwrap();
        let mut policy = Policy::default();
        let wanted = [
            (ring(1, Family::Equipment, Priority::Low), false),
            (ring(2, Family::Vehicle, Priority::High), false),
            (ring(3, Family::Sos, Priority::Critical), false),
            // The same sound from the same side: told with the first.
            (ring(4, Family::Sos, Priority::Critical), false),
        ];
        policy.set(&wanted, secs(0));
        let first = policy.step(&own, secs(0));
        assert_eq!(begun(&first), [Family::Sos, Family::Vehicle]);
        assert_eq!(policy.step(&own, secs(1)), []);
        assert_eq!(begun(&policy.step(&own, secs(4))), [Family::Equipment]);
        // What is critical comes again every seven seconds; what is low does not.
        assert_eq!(begun(&policy.step(&own, secs(7))), [Family::Sos]);
        assert_eq!(
            begun(&policy.step(&own, secs(14))),
            [Family::Sos, Family::Vehicle]
        );
    }

    #[test]
    fn what_is_critical_waits_for_nobody() {
        let own = Description::own().unwrap();
        let mut policy = Policy::default();
        let car = ring(1, Family::Vehicle, Priority::High);
        let bracelet = ring(2, Family::Bracelet, Priority::Medium);
        let sos = ring(3, Family::Sos, Priority::Critical);
        let weapon = ring(4, Family::Weapon, Priority::Critical);
        let knock = ring(5, Family::Person, Priority::High);
        let ms = Duration::from_millis;
        let mut all = vec![(car, false), (bracelet, false)];
        policy.set(&all, ms(0));
        assert_eq!(policy.step(&own, ms(0)).len(), 2);
        // What is as urgent waits.
        all.push((knock, false));
        policy.set(&all, ms(50));
        assert_eq!(policy.step(&own, ms(50)), []);
        all.push((sos, false));
        policy.set(&all, ms(100));
        let cuts = |starts: &[Start]| starts.iter().map(|start| start.cuts).collect::<Vec<_>>();
        let first = policy.step(&own, ms(100));
        assert_eq!(begun(&first), [Family::Sos]);
        assert_eq!(cuts(&first), [Some(bracelet.alarm)], "the least urgent");
        all.push((weapon, false));
        policy.set(&all, ms(200));
        let second = policy.step(&own, ms(200));
        assert_eq!(begun(&second), [Family::Weapon]);
        assert_eq!(cuts(&second), [Some(car.alarm)]);
        // A third critical one waits: two sound at once, never more.
        let other = ring(6, Family::Bracelet, Priority::Critical);
        all.push((other, false));
        policy.set(&all, ms(300));
        assert_eq!(policy.step(&own, ms(300)), []);
        // What was cut is heard when there is a place, by its urgency.
        policy.set(&all[..3], ms(5000));
        let again = policy.step(&own, ms(5000));
        assert_eq!(begun(&again), [Family::Vehicle, Family::Person]);
    }

    #[test]
    fn what_is_critical_is_quieter_when_it_was_seen_and_never_silent() {
        let own = Description::own().unwrap();
        let mut policy = Policy::default();
        policy.set_volume(0.0);
        let sos = ring(3, Family::Sos, Priority::Critical);
        let car = ring(2, Family::Vehicle, Priority::High);
        policy.set(&[(sos, false), (car, false)], secs(0));
        let first = policy.step(&own, secs(0));
        assert_eq!(first[0].gain, CRITICAL_FLOOR);
        assert_eq!(first[1].gain, 0.0, "others may be off");
        policy.set(&[(sos, true), (car, true)], secs(3));
        let ducked = policy.step(&own, secs(7));
        assert_eq!(
            begun(&ducked),
            [Family::Sos],
            "what was seen is silent, but this"
        );
        assert!((ducked[0].gain - CRITICAL_FLOOR * DUCKED).abs() < 1e-6);
        for now in 8..63 {
            policy.step(&own, secs(now));
        }
        let later: Vec<Start> = (63..100)
            .flat_map(|now| policy.step(&own, secs(now)))
            .collect();
        assert!(!later.is_empty() && later.len() <= 2, "{later:?}");
        assert_eq!(later[0].gain, CRITICAL_FLOOR, "after a minute at its level");
        // It is over.
        policy.set(&[], secs(100));
        assert!((100..200).all(|now| policy.step(&own, secs(now)).is_empty()));
    }

    #[test]
    fn a_voice_is_heard_over_the_sounds_and_a_device_that_returns_begins_anew() {
        let own = Description::own().unwrap();
        let mut policy = Policy::default();
        let knock = ring(1, Family::Person, Priority::Low);
        policy.set(&[(knock, false)], secs(0));
        assert_eq!(policy.step(&own, secs(0)).len(), 1);
        assert_eq!(policy.step(&own, secs(50)), []);
        policy.set_voice(true);
        policy.begin_anew(secs(60));
        let again = policy.step(&own, secs(60));
        assert_eq!(again[0].gain, UNDER_A_VOICE);
    }
}
