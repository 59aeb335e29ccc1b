//! Rules over scripted tracks, at 5, 1 and 0.33 looks a second.

mod hostile;
mod innocent;
mod kinds;

use std::time::Duration;

use jiff::civil::{DateTime, date};

use super::{ChangeKind, Limits, Look, Seen, StaticChange, Watch};
use crate::base::clock::WallTime;
use crate::model::camera::CameraId;
use crate::model::detection::rule::{Direction, Line, Rule, RuleId, What, Zone};
use crate::model::detection::{Fact, Region, Stage};

/// Looks a second.
const RATES: [f32; 3] = [5.0, 1.0, 0.33];
/// The picture's size, 16:9 as its shares say.
const SIZE: (u32, u32) = (640, 360);

/// Somebody or something on its way.
#[derive(Clone)]
struct Actor {
    track: u64,
    class: &'static str,
    height: f32,
    score: f32,
    /// Seconds, and where its foot is then.
    way: Vec<(f32, f32, f32)>,
    /// When it goes on under another track.
    switches: Vec<f32>,
    /// When it is not found.
    hidden: Vec<(f32, f32)>,
}

impl Actor {
    fn new(track: u64, class: &'static str, height: f32, way: &[(f32, f32, f32)]) -> Self {
        Self {
            track,
            class,
            height,
            score: 0.8,
            way: way.to_vec(),
            switches: Vec::new(),
            hidden: Vec::new(),
        }
    }

    fn switched(mut self, at: f32) -> Self {
        self.switches.push(at);
        self
    }

    fn hidden(mut self, from: f32, to: f32) -> Self {
        self.hidden.push((from, to));
        self
    }

    fn scored(mut self, score: f32) -> Self {
        self.score = score;
        self
    }

    fn foot(&self, at: f32) -> Option<(f32, f32)> {
        let after = self.way.iter().position(|(t, ..)| *t >= at)?;
        let (t1, x1, y1) = self.way[after];
        if after == 0 {
            return (t1 <= at).then_some((x1, y1));
        }
        let (t0, x0, y0) = self.way[after - 1];
        let share = (at - t0) / (t1 - t0);
        Some((x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
    }

    fn seen(&self, at: f32) -> Option<Seen> {
        if self
            .hidden
            .iter()
            .any(|(from, to)| (*from..*to).contains(&at))
        {
            return None;
        }
        let (x, y) = self.foot(at)?;
        let width = match self.class {
            "person" => 0.4,
            "car" | "bicycle" => 1.6,
            _ => 1.0,
        } * self.height
            / (16.0 / 9.0);
        // A box trembles by a hundredth of its height, the same in every run.
        let tremble = |n: f32| ((at * 37.7 + n + self.track as f32).sin()) * 0.01 * self.height;
        let (x, y) = (x + tremble(0.0), y + tremble(2.0));
        let late = self.switches.iter().filter(|switch| **switch <= at).count();
        let start = Duration::from_secs_f32(self.way[0].0.max(0.0));
        Some(Seen {
            track: self.track + 1000 * late as u64,
            class: self.class.into(),
            score: self.score,
            region: Region {
                left: x - width / 2.0,
                top: y - self.height,
                right: x + width / 2.0,
                bottom: y,
            },
            velocity: [0.0, 0.0],
            first_seen: start,
            last_seen: Duration::from_secs_f32(at),
            still_since: None,
            lost: false,
        })
    }
}

/// A change of the background, from when to when it is reported, and since when it is.
type Change = (StaticChange, f32, f32);

fn change(id: u64, kind: ChangeKind, region: [f32; 4], since: f32, told: f32, to: f32) -> Change {
    let change = StaticChange {
        id,
        region: region.into(),
        kind,
        since: Duration::from_secs_f32(since),
        score: 0.9,
    };
    (change, told, to)
}

struct Script {
    rules: Vec<Rule>,
    actors: Vec<Actor>,
    changes: Vec<Change>,
    seconds: f32,
    limits: Limits,
    /// No looks from the one time to the other.
    gap: Option<(f32, f32)>,
    local: DateTime,
}

impl Script {
    fn new(rule: Rule, actors: &[Actor], seconds: f32) -> Self {
        Self {
            rules: vec![rule],
            actors: actors.to_vec(),
            changes: Vec::new(),
            seconds,
            limits: Limits::default(),
            gap: None,
            local: date(2026, 11, 23).at(12, 0, 0, 0),
        }
    }

    fn changed(mut self, changes: &[Change]) -> Self {
        self.changes = changes.to_vec();
        self.limits.background = true;
        self
    }

    fn play(&self, rate: f32) -> (Vec<Fact>, Watch) {
        let mut watch = Watch::new(self.rules.clone(), self.limits.clone());
        assert_eq!(watch.refused(), []);
        let mut facts = Vec::new();
        let mut n = 0_u32;
        loop {
            // Not in step with the script's own times.
            let at = n as f32 / rate + 0.07;
            n += 1;
            if at > self.seconds {
                break;
            }
            if self.gap.is_some_and(|(from, to)| (from..to).contains(&at)) {
                continue;
            }
            let tracks: Vec<Seen> = self.actors.iter().filter_map(|one| one.seen(at)).collect();
            let changes: Vec<StaticChange> = self
                .changes
                .iter()
                .filter(|(_, from, to)| (*from..*to).contains(&at))
                .map(|(change, ..)| *change)
                .collect();
            let at = Duration::from_secs_f32(at);
            let look = Look {
                at,
                wall: wall(at),
                local: self.local.saturating_add(at),
                size: SIZE,
                tracks: &tracks,
                changes: &changes,
            };
            facts.extend(watch.step(&look));
        }
        (facts, watch)
    }

    /// At every rate: how many facts are raised.
    #[track_caller]
    fn raises(&self, name: &str, expect: usize) {
        for rate in RATES {
            let (facts, _) = self.play(rate);
            let raised = raised(&facts);
            assert_eq!(raised.len(), expect, "{name} at {rate}/s: {raised:#?}");
        }
    }
}

fn wall(at: Duration) -> WallTime {
    WallTime(1_795_000_000_000_000_000).plus_nanos(at.as_nanos() as i64)
}

/// Facts that happened or began.
fn raised(facts: &[Fact]) -> Vec<&Fact> {
    let new = |fact: &&Fact| matches!(fact.stage, Stage::Once | Stage::Begun);
    facts.iter().filter(new).collect()
}

fn rule(what: What) -> Rule {
    let camera = CameraId::new("ak-001").expect("an id");
    Rule::new(RuleId::new("r"), camera, what)
}

fn of_classes(what: What, classes: &[&str]) -> Rule {
    Rule {
        classes: classes.iter().map(|class| (*class).into()).collect(),
        ..rule(what)
    }
}

/// The middle of the picture.
fn middle() -> Zone {
    Zone::of(&[[0.3, 0.3], [0.7, 0.3], [0.7, 0.9], [0.3, 0.9]])
}

/// From the bottom to the top: left is left.
fn upwards() -> Line {
    Line::of([0.5, 0.95], [0.5, 0.3])
}

fn person(track: u64, way: &[(f32, f32, f32)]) -> Actor {
    Actor::new(track, "person", 0.3, way)
}

fn car(track: u64, way: &[(f32, f32, f32)]) -> Actor {
    Actor::new(track, "car", 0.15, way)
}

/// From the left edge to the right one in twenty seconds.
fn walker(track: u64) -> Actor {
    person(track, &[(2.0, 0.1, 0.7), (22.0, 0.9, 0.7)])
}

const EITHER: Direction = Direction::Either;
