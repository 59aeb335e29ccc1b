//! The same thing in one look after another: tracking by detection, for looks that lie from a
//! fifteenth of a second to several seconds apart.
//!
//! The method is `ByteTrack` (Zhang et al., 2022): boxes that are surely something are matched
//! first, boxes of little score only go on with what was there before. Between looks a thing is
//! predicted by a filter of constant velocity whose doubt grows with the time that passed, not with
//! the number of looks, and so does the distance over which it may be found again.

mod assign;
mod motion;

use std::collections::BTreeMap;
use std::time::Duration;

use self::motion::Motion;
use super::{Class, Detection, Point, Region};

/// How far a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Seen once, and not surely.
    Tentative,
    /// Seen again, or surely.
    Confirmed,
    /// Not found in the last look: where it is, is a guess.
    Lost,
}

/// One thing that is followed.
#[derive(Clone, Debug)]
pub struct Track {
    /// Its number, never used again by the same tracker.
    pub id: u64,
    /// What it was taken for most, by score.
    pub class: Class,
    /// How sure the model was in the last look that found it, 0..1.
    pub score: f32,
    /// Where it is, smoothed.
    pub region: Region,
    /// Where the last look that found it saw it.
    pub seen: Region,
    /// How its middle moves, shares of the picture a second.
    pub velocity: Point,
    /// When it was seen first, on the clock of the looks.
    pub first_seen: Duration,
    /// When it was found last.
    pub last_seen: Duration,
    /// Since when it stands still, if it does.
    pub still_since: Option<Duration>,
    /// How far it is.
    pub state: State,
    /// In how many looks it was found.
    pub looks: u32,
    motion: Motion,
    votes: BTreeMap<Class, f32>,
    /// Where it was when it stood still last, and since when.
    anchor: (Region, Duration),
}

/// A box is moved on by no more than this between looks.
const PREDICTED_AT_MOST: Duration = Duration::from_millis(1500);

impl Track {
    /// Where it is at `time`: carried on from the last look, not for long.
    pub fn at(&self, time: Duration) -> Region {
        let passed = time.saturating_sub(self.motion.at()).min(PREDICTED_AT_MOST);
        self.motion.predicted(passed)
    }
}

/// Limits of the tracker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A box begins a track, and is matched first, from this score on.
    pub sure: f32,
    /// It is believed at once from this score on.
    pub certain: f32,
    /// What was not found for so long is gone …
    pub lost_for: Duration,
    /// … and for so many looks.
    pub lost_looks: u32,
    /// A clock that goes back further than this begins anew.
    pub back_at_most: Duration,
    /// Detections of one look at most: the surest.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sure: 0.42,
            certain: 0.6,
            lost_for: Duration::from_millis(2500),
            lost_looks: 2,
            back_at_most: Duration::from_secs(3),
            most: 256,
        }
    }
}

/// Follows what the looks at one camera find.
#[derive(Debug, Default)]
pub struct Tracker {
    limits: Limits,
    tracks: Vec<Track>,
    last: Option<Duration>,
    last_id: u64,
    ignored: u64,
}

/// How far things go in a second, in their own heights: people run, vehicles drive.
const LIVELY: f32 = 0.9;
/// The same of what has wheels.
const WHEELED: f32 = 2.5;
/// Somebody stands still while the middle moves by less than this share of the size.
const STILL: f32 = 0.12;
/// … for so long.
const STILL_FOR: Duration = Duration::from_millis(1500);
/// Width over height of most pictures: distances are measured in heights of the picture.
const ASPECT: f32 = 16.0 / 9.0;
/// What cannot be matched.
const NEVER: f32 = 1e6;

impl Tracker {
    /// Follows nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// What is followed, as after the last look.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Boxes that were none: without area, or with numbers that are none.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Takes what one look found; `at` is its time on a clock of the camera's own. A look that is
    /// not later than the one before counts as at the same moment; one that is much earlier begins
    /// anew.
    pub fn step(&mut self, found: &[Detection], at: Duration) -> &[Track] {
        if let Some(last) = self.last
            && last.saturating_sub(at) > self.limits.back_at_most
        {
            self.tracks.clear();
            self.last = None;
        }
        let at = self.last.map_or(at, |last| last.max(at));
        self.last = Some(at);
        let found = self.sound(found);
        let (sure, unsure): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|found| found.score >= self.limits.sure);
        let mut open: Vec<usize> = (0..self.tracks.len()).collect();
        let new = self.go_on(&mut open, sure, at, 1.0);
        // What is unsure goes on with what is near, and begins nothing.
        let known = |index: &usize| self.tracks[*index].state != State::Tentative;
        let mut rest: Vec<usize> = open.iter().copied().filter(known).collect();
        self.go_on(&mut rest, unsure, at, 0.5);
        for detection in new {
            self.begin(detection, at);
        }
        self.let_go(at);
        &self.tracks
    }

    /// Those that are boxes, the surest first.
    fn sound(&mut self, found: &[Detection]) -> Vec<Detection> {
        let is_sound = |one: &&Detection| {
            let region = one.region.within_picture();
            one.region.is_sound() && region.is_sound() && one.score.is_finite()
        };
        let mut sound: Vec<Detection> = found.iter().filter(is_sound).cloned().collect();
        self.ignored += (found.len() - sound.len()) as u64;
        sound.sort_by(|a, b| b.score.total_cmp(&a.score));
        sound.truncate(self.limits.most);
        sound
    }

    /// Matches `found` with the tracks of `open`, which leaves those that were not found; what goes
    /// with none is given back. `reach` scales how far a thing may be from where it is awaited.
    fn go_on(
        &mut self,
        open: &mut Vec<usize>,
        found: Vec<Detection>,
        at: Duration,
        reach: f32,
    ) -> Vec<Detection> {
        let seen: Vec<Seen<'_>> = found.iter().map(Seen::new).collect();
        let costs: Vec<Vec<f32>> = open
            .iter()
            .map(|index| {
                let awaited = Awaited::new(&self.tracks[*index], at);
                let costs = seen.iter().map(|seen| awaited.cost(seen, reach));
                costs.collect()
            })
            .collect();
        let pairs = assign::assign(&costs, NEVER);
        let mut taken = vec![false; found.len()];
        let mut matched = vec![false; open.len()];
        for (row, column) in pairs {
            taken[column] = true;
            matched[row] = true;
            self.tracks[open[row]].see(&found[column], at, self.limits.certain);
        }
        let mut row = 0;
        open.retain(|_| {
            row += 1;
            !matched[row - 1]
        });
        for index in open.iter() {
            let track = &mut self.tracks[*index];
            if track.state == State::Confirmed && track.last_seen < at {
                track.state = State::Lost;
            }
        }
        found
            .into_iter()
            .zip(taken)
            .filter_map(|(found, taken)| (!taken).then_some(found))
            .collect()
    }

    fn begin(&mut self, found: Detection, at: Duration) {
        self.last_id += 1;
        let state = if found.score >= self.limits.certain {
            State::Confirmed
        } else {
            State::Tentative
        };
        self.tracks.push(Track {
            id: self.last_id,
            class: found.class.clone(),
            score: found.score,
            region: found.region,
            seen: found.region,
            velocity: Point::default(),
            first_seen: at,
            last_seen: at,
            still_since: None,
            state,
            looks: 1,
            motion: Motion::new(found.region, at),
            votes: BTreeMap::from([(found.class, found.score)]),
            anchor: (found.region, at),
        });
    }

    /// Ends what was not found for too long.
    fn let_go(&mut self, at: Duration) {
        let limits = self.limits;
        for track in &mut self.tracks {
            if track.last_seen < at {
                track.motion.miss();
                track.region = track.at(at);
            }
        }
        self.tracks.retain(|track| {
            let gone_for = at.saturating_sub(track.last_seen);
            let missed = track.motion.missed();
            let keep = gone_for <= limits.lost_for || missed < limits.lost_looks;
            let left = track.state == State::Lost && !is_in_picture(&track.region);
            keep && !left && (track.state != State::Tentative || missed == 0)
        });
    }
}

impl Track {
    fn see(&mut self, found: &Detection, at: Duration, certain: f32) {
        self.motion.correct(found.region, at);
        self.region = self.motion.region();
        self.velocity = self.motion.velocity();
        self.seen = found.region;
        self.score = found.score;
        self.last_seen = at;
        self.looks += 1;
        self.state = State::Confirmed;
        debug_assert!(certain > 0.0);
        // Older votes fade, so that what was wrong at first is mended.
        for votes in self.votes.values_mut() {
            *votes *= 0.9;
        }
        *self.votes.entry(found.class.clone()).or_default() += found.score;
        let most = self.votes.iter().max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((class, _)) = most {
            self.class = class.clone();
        }
        self.stand(at);
    }

    fn stand(&mut self, at: Duration) {
        let (anchor, since) = self.anchor;
        if distance(&anchor, &self.region) > STILL * size(&anchor).max(size(&self.region)) {
            self.anchor = (self.region, at);
            self.still_since = None;
        } else if at.saturating_sub(since) >= STILL_FOR {
            self.still_since = Some(since);
        }
    }
}

/// Between the middles, in heights of the picture.
fn distance(a: &Region, b: &Region) -> f32 {
    let (a, b) = (a.centre(), b.centre());
    ((a.x - b.x) * ASPECT).hypot(a.y - b.y)
}

/// How large something is, in heights of the picture: the longer side.
fn size(region: &Region) -> f32 {
    (region.width() * ASPECT).max(region.height())
}

fn is_in_picture(region: &Region) -> bool {
    let centre = region.centre();
    (0.0..=1.0).contains(&centre.x) && (0.0..=1.0).contains(&centre.y)
}

/// A track as it is awaited: worked out once for all boxes.
struct Awaited<'a> {
    track: &'a Track,
    region: Region,
    size: f32,
    /// How far it may have gone at a speed of one, in its own sizes.
    far: f32,
}

/// A box as it is held against tracks: worked out once for all of them.
struct Seen<'a> {
    found: &'a Detection,
    size: f32,
    speed: f32,
}

impl<'a> Seen<'a> {
    fn new(found: &'a Detection) -> Self {
        let is_wheeled = is_wheeled(&found.class);
        Self {
            found,
            size: size(&found.region),
            speed: if is_wheeled { WHEELED } else { LIVELY },
        }
    }
}

impl<'a> Awaited<'a> {
    fn new(track: &'a Track, at: Duration) -> Self {
        let passed = at.saturating_sub(track.motion.at());
        let region = track.motion.predicted(passed);
        // Of what was seen once nobody knows where it goes.
        let doubt = if track.looks < 3 { 1.0 } else { 0.45 };
        Self {
            track,
            region,
            size: size(&region),
            far: doubt * passed.as_secs_f32().min(4.0),
        }
    }

    /// How badly a box goes with the track: 0 for the very place, [`NEVER`] for what cannot be.
    fn cost(&self, seen: &Seen<'_>, reach: f32) -> f32 {
        let found = &seen.found.region;
        let gate = reach * self.size.max(seen.size) * (0.45 + self.far * seen.speed);
        // Most pairs are far apart, and end here.
        let distance = distance(&self.region, found);
        if distance > gate {
            return NEVER;
        }
        let ratio = (self.size.max(1e-4) / seen.size.max(1e-4)).ln().abs();
        // Nothing becomes twice as large from one look to the next.
        if ratio > 0.7 {
            return NEVER;
        }
        let class = class_cost(self.track, &seen.found.class);
        if class >= NEVER {
            return NEVER;
        }
        let overlap = self.region.iou(found);
        distance / gate + (1.0 - overlap) * 0.7 + ratio * 0.6 + class
    }
}

/// What it is taken for changes between kinds that look alike, and costs a little.
fn class_cost(track: &Track, class: &Class) -> f32 {
    if track.class == *class {
        return 0.0;
    }
    let voted = track.votes.contains_key(class);
    match (is_wheeled(&track.class), is_wheeled(class)) {
        _ if voted => 0.15,
        (true, true) => 0.25,
        (false, false) if track.class.as_str() != "person" && class.as_str() != "person" => 0.4,
        _ => NEVER,
    }
}

fn is_wheeled(class: &Class) -> bool {
    matches!(
        class.as_str(),
        "car" | "truck" | "bus" | "train" | "motorcycle" | "bicycle"
    )
}

#[cfg(test)]
mod tests;
