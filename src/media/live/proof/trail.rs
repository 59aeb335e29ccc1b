//! Whether a few changes are of something that moves. A burned-in clock changes always at the same
//! few places, and so does a progress bar, a turning logo or a lamp that blinks. What moves comes to
//! new places and leaves the ground behind it as it was.

use std::time::{Duration, Instant};

use crate::pixels::look::{REGIONS, Regions};

/// It spreads when it comes to more regions than a clock has in so much time …
const SPREAD_WITHIN: Duration = Duration::from_secs(4);
/// … and to the first of them not all at once, as when midnight changes a whole line.
const SPREAD_LOOKS: usize = 3;
/// From one region it comes to the next within this time …
const STEP_WITHIN: Duration = Duration::from_secs(8);
/// … and to none that is farther away than this, in regions.
const STEP_REACH: usize = 1;
/// It has gone so many regions from where it was: no logo is as large.
const FAR: usize = 3;
/// What a thing has left stays as it was for longer than a colon blinks.
const LEFT_FOR: Duration = Duration::from_millis(1250);
/// What has gone far may turn, stop and go on for so long.
const PROOF_LASTS: Duration = Duration::from_secs(8);
/// What is back sooner than this only blinked, or swung its arms.
const BACK_WITHIN: Duration = Duration::from_secs(2);
/// Who turns is back at once, and what is back at once oftener than this only blinks.
const MAX_BACKS: u32 = 2;
/// What differs from the ground for so long is ground itself, once something moves elsewhere.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// What is known of a region since the ground was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// It began to differ from the ground then.
    entered: Option<Instant>,
    /// It was last like the ground again from then on.
    left: Option<Instant>,
    /// The region that was entered before it, near it.
    from: Option<usize>,
    /// What is here was seen to go far, then.
    proved: Option<Instant>,
    /// How often it was left and entered again at once.
    backs: u32,
}

/// Where something was.
#[derive(Debug)]
pub(super) struct Trail {
    /// The regions that differed from the ground at the last look.
    differing: Regions,
    places: [Place; REGIONS.0 * REGIONS.1],
}

impl Default for Trail {
    fn default() -> Self {
        Self {
            differing: Regions::default(),
            places: [Place::default(); REGIONS.0 * REGIONS.1],
        }
    }
}

impl Trail {
    /// These regions differ from the ground now; whether something moved, which is never said of
    /// changes in `few` regions or less unless they change places.
    pub(super) fn moves(&mut self, differing: Regions, few: u32, now: Instant) -> bool {
        let came = differing.without(self.differing);
        let went = self.differing.without(differing);
        self.differing = differing;
        if came == went {
            return false;
        }
        for region in went.iter() {
            self.places[region].left = Some(now);
        }
        // All are looked up before any is entered: what comes at once does not come from another.
        let mut places = self.places;
        let mut enters = false;
        for region in came.iter() {
            let place = &mut places[region];
            let was_here = place.left.is_none() && is_within(place.entered, STEP_WITHIN, now);
            if was_here {
                // The ground was renewed since.
                continue;
            }
            if is_within(place.left, BACK_WITHIN, now) {
                place.backs += 1;
                continue;
            }
            enters = true;
            let from = self.before(region, now);
            *place = Place {
                entered: Some(now),
                from,
                proved: from.and_then(|from| self.places[from].proved),
                ..Place::default()
            };
        }
        self.places = places;
        let mut goes = false;
        for region in came.iter().chain(went.iter()) {
            if self.has_gone_far(region, now) {
                self.places[region].proved = Some(now);
            }
            let place = &self.places[region];
            goes |= place.backs <= MAX_BACKS && is_within(place.proved, PROOF_LASTS, now);
        }
        goes || enters && self.spreads(few, now)
    }

    /// The ground is another from now on, and nothing differs from it yet.
    pub(super) fn renew_ground(&mut self) {
        self.differing = Regions::default();
    }

    /// Regions that differ from the ground since long, as those where something stood that has gone.
    /// They become ground, so that it is seen when it comes back.
    pub(super) fn settle(&mut self, now: Instant) -> Regions {
        let mut settled = self.differing;
        for region in self.differing.iter() {
            if is_within(self.places[region].entered, SETTLED_AFTER, now) {
                settled = settled.without(Regions::only(region));
            } else {
                self.places[region].left = Some(now);
            }
        }
        self.differing = self.differing.without(settled);
        settled
    }

    /// The region near this one that was entered last before it.
    fn before(&self, region: usize, now: Instant) -> Option<usize> {
        let near = |other: &usize| *other != region && distance(*other, region) <= STEP_REACH;
        (0..self.places.len())
            .filter(near)
            .filter(|other| is_within(self.places[*other].entered, STEP_WITHIN, now))
            .max_by_key(|other| self.places[*other].entered)
    }

    /// Whether what is here came from afar, over ground that is as it was before.
    fn has_gone_far(&self, region: usize, now: Instant) -> bool {
        if !is_within(self.places[region].entered, STEP_WITHIN, now) {
            return false;
        }
        let (mut at, mut is_far, mut has_left) = (region, false, false);
        // Each step leads to an earlier time, so that there is an end.
        while let Some(from) = self.places[at].from
            && self.places[from].entered < self.places[at].entered
        {
            at = from;
            is_far |= distance(at, region) >= FAR;
            has_left |= !self.differing.contains(at)
                && self.places[at]
                    .left
                    .is_some_and(|left| now.saturating_duration_since(left) >= LEFT_FOR);
            if is_far && has_left {
                return true;
            }
        }
        false
    }

    /// Whether more than a few regions were entered of late, one after the other.
    fn spreads(&self, few: u32, now: Instant) -> bool {
        let mut times: Vec<Instant> = self
            .places
            .iter()
            .filter_map(|place| place.entered)
            .filter(|entered| now.saturating_duration_since(*entered) <= SPREAD_WITHIN)
            .collect();
        let regions = times.len();
        times.sort_unstable();
        times.dedup();
        regions > few as usize && times.len() >= SPREAD_LOOKS
    }
}

fn is_within(then: Option<Instant>, limit: Duration, now: Instant) -> bool {
    then.is_some_and(|then| now.saturating_duration_since(then) <= limit)
}

/// How far a region is from another, in regions across or down, whichever is more.
fn distance(one: usize, other: usize) -> usize {
    let across = (one % REGIONS.0).abs_diff(other % REGIONS.0);
    across.max((one / REGIONS.0).abs_diff(other / REGIONS.0))
}
