//! One camera, look after look: what the model finds becomes tracks, what stands otherwise becomes
//! changes, and both become facts by the camera's rules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::base::clock::WallTime;
use crate::model::detection::counting::Counted;
use crate::model::detection::rule::{Rule, RuleId};
use crate::model::detection::track::{State, Track, Tracker};
use crate::model::detection::views::{self, Views};
use crate::model::detection::watch::{self, ChangeKind, Limits, Seen, Sight, StaticChange, Watch};
use crate::model::detection::{Detection, Fact, Region};
use crate::pixels::background::{self, Background};
use crate::pixels::{Picture, Pool};

/// What was seen in one look at one camera.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The key of the feed that was looked at.
    pub feed: u64,
    /// When the picture arrived.
    pub arrival: Instant,
    /// Its place on the camera's own clock of looks.
    pub at: Duration,
    /// What is followed now.
    pub tracks: Vec<Track>,
    /// What stands otherwise than the scene was.
    pub changes: Vec<StaticChange>,
    /// Looks at this camera since it is watched.
    pub looks: u64,
    /// From the look before to this one.
    pub interval: Option<Duration>,
    /// How long the model took for it, all in all.
    pub cost: Duration,
    /// How many parts of the picture were looked at.
    pub parts: usize,
    /// Whether the blades that rules look for could be seen here.
    pub sight: Vec<(RuleId, Sight)>,
    /// How many are in the zones that rules count in.
    pub numbers: Vec<(RuleId, u32)>,
}

/// How a picture was looked at.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// The key of its feed.
    pub feed: u64,
    /// When it was taken.
    pub wall: WallTime,
    /// How long the model took.
    pub cost: Duration,
    /// How many parts of it were looked at.
    pub parts: usize,
}

/// Buffers kept for pictures that are made smaller.
const BUFFERS_KEPT: usize = 4;
/// Something that moves hides the scene behind it and a little around it, share of its size.
const AROUND: f32 = 0.15;

/// What is known of one camera.
pub struct Observer {
    tracker: Tracker,
    background: Background,
    watch: Watch,
    pool: Pool,
    zone: TimeZone,
    begun: Option<Instant>,
    last: Option<Duration>,
    looks: u64,
}

impl Observer {
    /// Watches for `rules`; schedules are in `zone`.
    pub fn new(rules: Vec<Rule>, zone: TimeZone, limits: Limits) -> Self {
        let limits = Limits {
            background: true,
            ..limits
        };
        Self {
            tracker: Tracker::default(),
            background: Background::new(background::Limits::default()),
            watch: Watch::new(rules, limits),
            pool: Pool::new(BUFFERS_KEPT),
            zone,
            begun: None,
            last: None,
            looks: 0,
        }
    }

    /// Changes the rules; what went on under those that went is ended.
    pub fn set_rules(&mut self, rules: Vec<Rule>) -> Vec<Fact> {
        self.watch.set_rules(rules)
    }

    /// The rules and what they counted.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The parts of the picture to look at next: what the rules ask for that held in the last look,
    /// and people close up where one of them looks for what they hold.
    pub fn parts(&self) -> Vec<Region> {
        let views = Views::of(self.watch.active());
        let mut parts = views.parts;
        if views.people {
            parts.extend(views::close_up(self.tracker.tracks()));
        }
        parts
    }

    /// The watch ends; so does what went on.
    pub fn finish(&mut self) -> Vec<Fact> {
        self.watch.finish()
    }

    /// What the counting lines counted in the minutes that ended before `now`, each once; where there
    /// is none, the running minutes too.
    pub fn take_counted(&mut self, now: Option<WallTime>) -> Vec<Counted> {
        self.watch.take_counted(now)
    }

    /// Takes what the model found in `picture`.
    pub fn observe(
        &mut self,
        picture: &Picture,
        found: &[Detection],
        look: Taken,
    ) -> (Arc<Observation>, Vec<Fact>) {
        let Taken { feed, wall, .. } = look;
        let begun = *self.begun.get_or_insert(picture.arrival);
        let at = picture.arrival.saturating_duration_since(begun);
        let tracks = self.tracker.step(found, at).to_vec();
        let moving: Vec<Region> = tracks
            .iter()
            .filter(|track| track.still_since.is_none() || is_alive(track))
            .map(|track| around(&track.region))
            .collect();
        let changes: Vec<StaticChange> = self
            .background
            .step(picture, &moving, at, &self.pool)
            .iter()
            .map(|change| StaticChange {
                id: change.id,
                region: change.region,
                kind: if change.appeared {
                    ChangeKind::Appeared
                } else {
                    ChangeKind::Disappeared
                },
                since: change.since,
                score: change.score,
            })
            .collect();
        let seen: Vec<Seen> = tracks.iter().map(|track| seen(track, at)).collect();
        let local = jiff::Timestamp::from_nanosecond(i128::from(wall.0))
            .unwrap_or_default()
            .to_zoned(self.zone.clone())
            .datetime();
        let (width, height) = picture.upright_size();
        let facts = self.watch.step(&watch::Look {
            at,
            wall,
            local,
            size: (width, height),
            tracks: &seen,
            changes: &changes,
        });
        self.looks += 1;
        let interval = self.last.replace(at).map(|last| at.saturating_sub(last));
        let observation = Observation {
            feed,
            arrival: picture.arrival,
            at,
            tracks,
            changes,
            looks: self.looks,
            interval,
            cost: look.cost,
            parts: look.parts,
            sight: self
                .watch
                .sight()
                .map(|(id, sight)| (id.clone(), sight))
                .collect(),
            numbers: self
                .watch
                .numbers()
                .map(|(id, number)| (id.clone(), number))
                .collect(),
        };
        (Arc::new(observation), facts)
    }
}

/// People and animals hide the scene also while they stand still; a parked car is part of it.
fn is_alive(track: &Track) -> bool {
    matches!(
        track.class.as_str(),
        "person" | "dog" | "cat" | "bird" | "horse" | "sheep" | "cow"
    )
}

fn around(region: &Region) -> Region {
    let (across, down) = (region.width() * AROUND, region.height() * AROUND);
    Region {
        left: region.left - across,
        top: region.top - down,
        right: region.right + across,
        bottom: region.bottom + down,
    }
}

fn seen(track: &Track, at: Duration) -> Seen {
    Seen {
        track: track.id,
        class: track.class.clone(),
        score: track.score,
        region: track.region,
        velocity: track.velocity.into(),
        first_seen: track.first_seen,
        last_seen: track.last_seen,
        still_since: track.still_since,
        // What was seen once only may be a mistake; no rule counts on it.
        lost: track.last_seen < at || track.state != State::Confirmed,
    }
}
