//! Who and what is there, beyond the tracker's numbers: a thing whose track was lost and that soon
//! goes on near by under another number stays one thing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::near;
use super::{Limits, Look, Seen};
use crate::model::detection::fact::MOST_TRACKS;
use crate::model::detection::rule::kind;
use crate::model::detection::{Class, Point, Region};

/// The longest trail.
const MOST_SPOTS: usize = 96;
/// The most classes that are weighed against each other for one thing.
const MOST_CLASSES: usize = 6;

/// Classes that a model takes for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    Person,
    Vehicle,
    Other,
}

impl Group {
    pub(super) fn of(class: &Class) -> Self {
        if class.as_str() == kind::PERSON {
            Self::Person
        } else if kind::VEHICLES.contains(&class.as_str()) {
            Self::Vehicle
        } else {
            Self::Other
        }
    }
}

/// Where a thing was found at some time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) at: Duration,
    pub(super) region: Region,
}

/// Somebody or something.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Never used twice.
    pub(super) key: u64,
    /// The tracks that it had, the oldest first.
    pub(super) tracks: Vec<u64>,
    pub(super) class: Class,
    classes: Vec<(Class, f32)>,
    /// In the look in which it was found last.
    pub(super) score: f32,
    /// The best so far.
    pub(super) best: f32,
    /// Where it was found last.
    pub(super) region: Region,
    velocity: [f32; 2],
    /// When it was found first, and last.
    pub(super) born: Duration,
    pub(super) seen: Duration,
    /// Whether it was found in this look.
    pub(super) here: bool,
    /// In how many looks it was found.
    pub(super) looks: u32,
    /// Since when and around which point it stands still.
    pub(super) still_since: Duration,
    still_around: Point,
    /// How long it stood still when it was found first, as the tracker says.
    pub(super) still_before: Duration,
    /// Where it was, the oldest first.
    pub(super) trail: VecDeque<Spot>,
}

impl Subject {
    fn new(key: u64, seen: &Seen, region: Region, at: Duration) -> Self {
        let before = seen
            .still_since
            .map_or(Duration::ZERO, |since| at.saturating_sub(since));
        Self {
            key,
            tracks: vec![seen.track],
            class: seen.class.clone(),
            classes: vec![(seen.class.clone(), seen.score)],
            score: seen.score,
            best: seen.score,
            region,
            velocity: sound(seen.velocity),
            born: at,
            seen: at,
            here: true,
            looks: 1,
            still_since: at,
            still_around: region.centre(),
            still_before: before,
            trail: VecDeque::from([Spot { at, region }]),
        }
    }

    fn found(&mut self, seen: &Seen, region: Region, at: Duration, aspect: f32) {
        if !self.tracks.contains(&seen.track) {
            if self.tracks.len() >= MOST_TRACKS {
                self.tracks.remove(1);
            }
            self.tracks.push(seen.track);
        }
        self.weigh(&seen.class, seen.score);
        self.score = seen.score;
        self.best = self.best.max(seen.score);
        self.velocity = sound(seen.velocity);
        self.region = region;
        self.seen = at;
        self.here = true;
        self.looks = self.looks.saturating_add(1);
        // Boxes tremble with their size; a drift is seen because the point stays.
        let moved = near::between(region.centre(), self.still_around, aspect);
        if moved > 0.2 * near::size(&region, aspect) {
            self.still_since = at;
            self.still_around = region.centre();
            self.still_before = Duration::ZERO;
        }
        if self.trail.len() >= MOST_SPOTS {
            self.trail.pop_front();
        }
        self.trail.push_back(Spot { at, region });
    }

    /// The class is the one that most looks and scores speak for.
    fn weigh(&mut self, class: &Class, score: f32) {
        match self.classes.iter().position(|(known, _)| known == class) {
            Some(at) => self.classes[at].1 += score,
            None if self.classes.len() < MOST_CLASSES => self.classes.push((class.clone(), score)),
            None => {}
        }
        let mut best = &self.classes[0];
        for one in &self.classes {
            if one.1 > best.1 {
                best = one;
            }
        }
        self.class = best.0.clone();
    }

    /// Where it was at a time: between two looks, or up to `slack` beside one.
    pub(super) fn region_at(&self, at: Duration, slack: Duration, gap: Duration) -> Option<Region> {
        let after = self.trail.iter().position(|spot| spot.at >= at);
        let near = |spot: &Spot| (spot.at.abs_diff(at) <= slack).then_some(spot.region);
        let Some(after) = after else {
            return self.trail.back().and_then(near);
        };
        let late = &self.trail[after];
        let Some(early) = after.checked_sub(1).map(|before| &self.trail[before]) else {
            return near(late);
        };
        let span = late.at.saturating_sub(early.at);
        if span > gap {
            return near(early).or_else(|| near(late));
        }
        let share = (at.saturating_sub(early.at)).as_secs_f32() / span.as_secs_f32().max(1e-6);
        let (a, b): ([f32; 4], [f32; 4]) = (early.region.into(), late.region.into());
        let mut edges = [0.0; 4];
        for (edge, (a, b)) in edges.iter_mut().zip(a.into_iter().zip(b)) {
            *edge = a + (b - a) * share;
        }
        Some(edges.into())
    }

    /// Stands still since an earlier look.
    pub(super) fn is_still(&self) -> bool {
        self.still_since < self.seen || self.still_before > Duration::ZERO
    }

    pub(super) fn is_person(&self) -> bool {
        self.class.as_str() == kind::PERSON
    }
}

fn sound(velocity: [f32; 2]) -> [f32; 2] {
    velocity.map(|part| if part.is_finite() { part } else { 0.0 })
}

/// All that are there or were a moment ago.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    all: BTreeMap<u64, Subject>,
    of_track: BTreeMap<u64, u64>,
    made: u64,
}

impl Subjects {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Subject> {
        self.all.values()
    }

    pub(super) fn here(&self) -> impl Iterator<Item = &Subject> {
        self.iter().filter(|subject| subject.here)
    }

    pub(super) fn get(&self, key: u64) -> Option<&Subject> {
        self.all.get(&key)
    }

    pub(super) fn clear(&mut self) {
        self.all.clear();
        self.of_track.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Takes a look. `adopt`: how long after its loss a thing may go on under another track.
    pub(super) fn update(
        &mut self,
        look: &Look<'_>,
        adopt: Duration,
        aspect: f32,
        limits: &Limits,
    ) {
        for subject in self.all.values_mut() {
            subject.here = false;
        }
        let mut found: Vec<(&Seen, Region)> = look.tracks.iter().filter_map(sound_seen).collect();
        found.sort_by(|a, b| b.0.score.total_cmp(&a.0.score));
        found.truncate(limits.tracks);
        let mut numbers = BTreeSet::new();
        found.retain(|(seen, _)| numbers.insert(seen.track));
        let mut unknown = Vec::new();
        for (seen, region) in found {
            let key = self.of_track.get(&seen.track);
            match key.and_then(|key| self.all.get_mut(key)) {
                // A number that comes back after long is another thing's.
                Some(subject) if look.at.saturating_sub(subject.seen) <= limits.remember => {
                    subject.found(seen, region, look.at, aspect);
                }
                _ => unknown.push((seen, region)),
            }
        }
        self.adopt(&mut unknown, look.at, adopt, aspect);
        for (seen, region) in unknown {
            self.made += 1;
            let subject = Subject::new(self.made, seen, region, look.at);
            self.of_track.insert(seen.track, self.made);
            self.all.insert(self.made, subject);
        }
        self.forget(look.at, limits);
    }

    /// Gives unknown tracks to things that were lost near by; the nearest first.
    fn adopt(
        &mut self,
        unknown: &mut Vec<(&Seen, Region)>,
        at: Duration,
        within: Duration,
        aspect: f32,
    ) {
        if unknown.is_empty() {
            return;
        }
        let lost: Vec<&Subject> = self
            .all
            .values()
            .filter(|subject| !subject.here && at.saturating_sub(subject.seen) <= within)
            .collect();
        let mut pairs = Vec::new();
        for (index, (seen, region)) in unknown.iter().enumerate() {
            for subject in &lost {
                if Group::of(&seen.class) != Group::of(&subject.class)
                    || (Group::of(&seen.class) == Group::Other && seen.class != subject.class)
                {
                    continue;
                }
                if let Some(far) = farness(subject, region, at, aspect) {
                    pairs.push((far, index, subject.key));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut taken, mut given) = (BTreeSet::new(), BTreeSet::new());
        for (_, index, key) in pairs {
            if taken.contains(&index) || given.contains(&key) {
                continue;
            }
            taken.insert(index);
            given.insert(key);
            let (seen, region) = unknown[index];
            if let Some(subject) = self.all.get_mut(&key) {
                subject.found(seen, region, at, aspect);
                self.of_track.insert(seen.track, key);
            }
        }
        let mut index = 0;
        unknown.retain(|_| {
            index += 1;
            !taken.contains(&(index - 1))
        });
    }

    fn forget(&mut self, at: Duration, limits: &Limits) {
        self.all
            .retain(|_, subject| at.saturating_sub(subject.seen) <= limits.remember);
        if self.all.len() > limits.subjects {
            let mut oldest: Vec<(Duration, u64)> =
                self.all.values().map(|one| (one.seen, one.key)).collect();
            oldest.sort_unstable();
            for (_, key) in oldest.iter().take(self.all.len() - limits.subjects) {
                self.all.remove(key);
            }
        }
        let all = &self.all;
        self.of_track.retain(|_, key| all.contains_key(key));
    }
}

/// A track that was found in this look and makes sense, with its part of the picture.
fn sound_seen(seen: &Seen) -> Option<(&Seen, Region)> {
    let region = seen.region.within_picture();
    let sound = !seen.lost && seen.score.is_finite() && seen.region.is_sound() && region.is_sound();
    sound.then_some((seen, region))
}

/// How far a region is from where a lost thing may be by now: 0 there, 1 at the limit.
fn farness(lost: &Subject, region: &Region, at: Duration, aspect: f32) -> Option<f32> {
    let ratio = region.height() / lost.region.height();
    if !(0.6..=1.67).contains(&ratio) {
        return None;
    }
    let seconds = at.saturating_sub(lost.seen).as_secs_f32();
    let centre = lost.region.centre();
    let expected = Point {
        x: centre.x + lost.velocity[0] * seconds,
        y: centre.y + lost.velocity[1] * seconds,
    };
    if !(0.0..=1.0).contains(&expected.x) || !(0.0..=1.0).contains(&expected.y) {
        return None; // it has left the picture
    }
    let now = region.centre();
    let moved = near::between(now, expected, aspect).min(near::between(now, centre, aspect));
    let size = near::size(&lost.region, aspect).min(near::size(region, aspect));
    let far = moved / (size * (0.5 + 0.4 * seconds).min(1.5));
    (far <= 1.0).then_some(far)
}
