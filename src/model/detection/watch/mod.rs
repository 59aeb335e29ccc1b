//! Rules over what is seen, one camera at a time.
//!
//! ```text
//! Look { tracks, changes } ─► Subjects (one thing over several tracks) ─► each rule ─► Fact
//! ```
//!
//! Time is the pictures' own. Where looks are missing, nothing is counted and nothing goes on; what
//! was told is not told again. Memory is bounded by [`Limits`] whatever comes in.

mod against;
mod crossing;
mod gone;
mod item;
mod look;
mod near;
mod number;
mod stay;
mod subject;
mod tell;
#[cfg(test)]
mod tests;

pub use look::{ChangeKind, Look, Seen, StaticChange};

use std::time::Duration;

use self::against::Against;
use self::crossing::Crossings;
use self::gone::Gone;
use self::item::Items;
use self::number::Number;
use self::stay::Stays;
use self::subject::Subjects;
use self::tell::{Context, Teller};
use super::Fact;
use super::counting::{Counted, Counting};
use super::rule::{Fault, Kind, Rule, RuleId, Way, What};
use crate::base::clock::WallTime;

/// The height of a blade in a hand, as a share of its person's height.
const BLADE: f32 = 0.12;
/// For how long the tallest person tells how well blades can be seen.
const SIGHT: Duration = Duration::from_secs(600);
/// The picture's width over its height where nobody tells.
const USUAL_ASPECT: f32 = 16.0 / 9.0;

/// Bounds of a watch: of time, of memory, and what the machine has.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Looks further apart than this leave a gap: nothing is counted over it, no time passes in it.
    pub gap: Duration,
    /// How long something that is not found is still taken to be there; at least two and a half looks.
    pub lost: Duration,
    /// How long after its loss something may go on under another track; at least two and a half looks.
    pub adopt: Duration,
    /// How long something that is gone is remembered, to tell who was near.
    pub remember: Duration,
    /// How often a fact that goes on is told again, when only its time and place change.
    pub update: Duration,
    /// The most tracks of one look; of more, those of the highest score.
    pub tracks: usize,
    /// The most things remembered.
    pub subjects: usize,
    /// The most open facts, objects and changes of one rule.
    pub open: usize,
    /// Whether looks bring changes of the background. Where they do, an object that no change bears
    /// out is not believed to be left.
    pub background: bool,
    /// Width and height of the large stream, in pixels, where the camera has one.
    pub main: Option<(u32, u32)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            gap: Duration::from_secs(10),
            lost: Duration::from_secs(3),
            adopt: Duration::from_secs(6),
            remember: Duration::from_secs(60),
            update: Duration::from_secs(10),
            tracks: 512,
            subjects: 2048,
            open: 256,
            background: false,
            main: None,
        }
    }
}

/// Whether the blades that a rule looks for could be seen where people are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nobody is there to tell by.
    Unknown,
    /// Yes, in the picture that is looked at.
    Here,
    /// In the large stream only: look at a crop of it around people.
    InMain,
    /// Not at all: say so.
    Nowhere,
}

impl Sight {
    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unknown => "sight-unknown",
            Self::Here => "sight-here",
            Self::InMain => "sight-in-main",
            Self::Nowhere => "sight-nowhere",
        }
    }
}

/// What carries out a rule of some kind.
#[derive(Debug)]
enum Works {
    Stays(Stays),
    Number(Box<Number>),
    Crossings(Crossings),
    Against(Against),
    Items(Items),
    Gone(Gone),
}

impl Works {
    fn new(what: &What) -> Self {
        match what {
            What::Zone { zone }
            | What::Closed { zone }
            | What::Blade { zone }
            | What::Dwell { zone, .. }
            | What::Stopped { zone, .. } => Self::Stays(Stays::new(zone)),
            What::Count { zone } => Self::Number(Box::new(Number::new(zone, 0))),
            What::Crowd { zone, over, .. } => Self::Number(Box::new(Number::new(zone, *over))),
            What::Line { line, .. } | What::Counting { line } | What::Yield { line, .. } => {
                Self::Crossings(Crossings::new(line))
            }
            What::WrongWay { way } => match way {
                Way::Across { line, .. } => Self::Crossings(Crossings::new(line)),
                Way::Along { zone, arrow } => Self::Against(Against::new(zone, arrow)),
            },
            What::Left { zone, .. } | What::Litter { zone, .. } => Self::Items(Items::new(zone)),
            What::Removed { zone, .. } => Self::Gone(Gone::new(zone)),
        }
    }

    /// Ends what goes on and forgets whom it saw; what it counted and told stays.
    fn end(&mut self, facts: &mut Vec<Fact>) {
        match self {
            Self::Stays(works) => works.end(facts),
            Self::Number(works) => works.end(facts),
            Self::Crossings(works) => works.end(),
            Self::Against(works) => works.end(),
            Self::Items(works) => works.end(facts),
            Self::Gone(works) => works.end(),
        }
    }
}

#[derive(Debug)]
struct Running {
    rule: Rule,
    works: Works,
    teller: Teller,
    /// Whether its schedule held in the look before.
    on: bool,
    since: Duration,
    /// The tallest person in view, and when.
    tallest: Option<(Duration, f32)>,
    sight: Sight,
}

impl Running {
    fn new(rule: Rule) -> Self {
        Self {
            works: Works::new(&rule.what),
            teller: Teller::new(&rule),
            rule,
            on: false,
            since: Duration::ZERO,
            tallest: None,
            sight: Sight::Unknown,
        }
    }

    fn step(&mut self, cx: &Context<'_>, facts: &mut Vec<Fact>) {
        if self.rule.kind() == Kind::Blade {
            self.look_for_sight(cx);
        }
        let (rule, teller) = (&self.rule, &mut self.teller);
        match &mut self.works {
            Works::Stays(works) => works.step(cx, rule, teller, facts),
            Works::Number(works) => works.step(cx, rule, teller, facts),
            Works::Crossings(works) => works.step(cx, rule, teller, facts),
            Works::Against(works) => works.step(cx, rule, teller, facts),
            Works::Items(works) => works.step(cx, rule, teller, facts),
            Works::Gone(works) => works.step(cx, rule, teller, facts),
        }
    }

    fn hand_counts_on(&mut self, now: Option<WallTime>, counted: &mut Vec<Counted>) {
        if let Works::Crossings(works) = &mut self.works
            && matches!(self.rule.kind(), Kind::Counting | Kind::Line)
        {
            let ended = works.counting.take_ended(now).into_iter();
            counted.extend(ended.map(|(minute, what)| Counted {
                rule: self.rule.id.clone(),
                minute,
                what,
            }));
        }
    }

    fn look_for_sight(&mut self, cx: &Context<'_>) {
        let in_zone = |foot| self.rule.what.zone().is_some_and(|zone| zone.holds(foot));
        let tallest = cx
            .subjects
            .here()
            .filter(|one| one.is_person() && in_zone(one.region.foot()))
            .map(|one| one.region.height())
            .max_by(f32::total_cmp);
        let old = |(at, _): (Duration, f32)| cx.at.saturating_sub(at) > SIGHT;
        if let Some(height) = tallest
            && self
                .tallest
                .is_none_or(|known| old(known) || height >= known.1)
        {
            self.tallest = Some((cx.at, height));
        }
        let pixels = |height: f32, picture: u32| BLADE * height * picture as f32;
        let least = self.rule.least_pixels as f32;
        self.sight = match self.tallest {
            _ if self.rule.least_pixels == 0 || cx.size.1 == 0 => Sight::Unknown,
            None => Sight::Unknown,
            Some((_, height)) if pixels(height, cx.size.1) >= least => Sight::Here,
            Some((_, height)) => match cx.limits.main {
                Some((_, main)) if pixels(height, main) >= least => Sight::InMain,
                _ => Sight::Nowhere,
            },
        };
    }
}

/// Carries out the rules of one camera.
#[derive(Debug)]
pub struct Watch {
    running: Vec<Running>,
    subjects: Subjects,
    limits: Limits,
    refused: Vec<(RuleId, Vec<Fault>)>,
    last: Option<Duration>,
    start: Duration,
    /// Usual time between two looks.
    interval: Duration,
    ignored: u64,
    /// What rules that went had counted.
    counted: Vec<Counted>,
}

impl Watch {
    /// Of the rules that are switched on and without fault.
    pub fn new(rules: Vec<Rule>, limits: Limits) -> Self {
        let mut watch = Self {
            running: Vec::new(),
            subjects: Subjects::default(),
            limits,
            refused: Vec::new(),
            last: None,
            start: Duration::ZERO,
            interval: Duration::from_secs(1),
            ignored: 0,
            counted: Vec::new(),
        };
        watch.set_rules(rules);
        watch
    }

    /// Changes the rules. Those that stay as they are go on with what they know; of those that change
    /// or go, what goes on is ended.
    pub fn set_rules(&mut self, rules: Vec<Rule>) -> Vec<Fact> {
        let mut before: Vec<Running> = std::mem::take(&mut self.running);
        self.refused.clear();
        for rule in rules.into_iter().filter(|rule| rule.enabled) {
            let faults = rule.check();
            if !faults.is_empty() {
                self.refused.push((rule.id, faults));
                continue;
            }
            let same = before.iter().position(|running| running.rule == rule);
            let running = match same {
                Some(index) => before.swap_remove(index),
                None => Running::new(rule),
            };
            self.running.push(running);
        }
        let mut facts = Vec::new();
        for mut running in before {
            running.works.end(&mut facts);
            running.hand_counts_on(None, &mut self.counted);
        }
        facts
    }

    /// What the counting lines counted in the minutes that ended before `now`, each once; where there
    /// is none, the running minutes too.
    pub fn take_counted(&mut self, now: Option<WallTime>) -> Vec<Counted> {
        let mut counted = std::mem::take(&mut self.counted);
        for running in &mut self.running {
            running.hand_counts_on(now, &mut counted);
        }
        counted
    }

    /// Takes one look; the facts that began, changed or ended with it. A look that is not later than
    /// the one before is left out.
    pub fn step(&mut self, look: &Look<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let passed = match self.last {
            Some(last) if look.at <= last && last.saturating_sub(look.at) <= self.limits.gap => {
                self.ignored = self.ignored.saturating_add(1);
                return facts;
            }
            Some(last) if look.at < last => {
                // The clock of the pictures began anew: a clip from its start, another stream.
                self.subjects.clear();
                for running in &mut self.running {
                    running.works.end(&mut facts);
                    running.on = false;
                }
                None
            }
            Some(last) => {
                let passed = look.at.saturating_sub(last);
                Some(passed).filter(|passed| *passed <= self.limits.gap)
            }
            None => None,
        };
        self.last = Some(look.at);
        match passed {
            // The first looks tell at once, later ones slowly.
            Some(passed) => self.interval = (self.interval * 3 + passed) / 4,
            None => self.start = look.at,
        }
        let (width, height) = look.size;
        let aspect = if width > 0 && height > 0 {
            (width as f32 / height as f32).clamp(0.1, 10.0)
        } else {
            USUAL_ASPECT
        };
        let adopt = self.limits.adopt.max(self.interval * 5 / 2);
        self.subjects.update(look, adopt, aspect, &self.limits);
        let sound = |change: &&StaticChange| {
            change.region.is_sound()
                && change.region.within_picture().is_sound()
                && change.score.is_finite()
        };
        let mut changes: Vec<StaticChange> = look.changes.iter().filter(sound).copied().collect();
        changes.truncate(self.limits.open);
        for running in &mut self.running {
            let on = running.rule.schedule.holds(look.local);
            if running.on && !on {
                running.works.end(&mut facts);
            }
            if on && !running.on {
                running.since = look.at;
            }
            let fresh = on && !running.on;
            running.on = on;
            if !on {
                continue;
            }
            let cx = Context {
                at: look.at,
                wall: look.wall,
                passed: passed.filter(|_| !fresh),
                interval: self.interval,
                start: self.start.max(running.since),
                subjects: &self.subjects,
                changes: &changes,
                aspect,
                size: look.size,
                limits: &self.limits,
            };
            running.step(&cx, &mut facts);
        }
        facts
    }

    /// Ends what goes on: the watch is switched off, or the clip is over.
    pub fn finish(&mut self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for running in &mut self.running {
            running.works.end(&mut facts);
        }
        self.subjects.clear();
        self.last = None;
        facts
    }

    /// The rules that are not carried out because of faults.
    pub fn refused(&self) -> &[(RuleId, Vec<Fault>)] {
        &self.refused
    }

    /// The rules that are carried out, whether or not their schedule holds now.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.running.iter().map(|running| &running.rule)
    }

    /// The rules whose schedule held in the last look.
    pub fn active(&self) -> impl Iterator<Item = &Rule> {
        self.running
            .iter()
            .filter(|running| running.on)
            .map(|running| &running.rule)
    }

    /// What the lines counted, by rule.
    pub fn counts(&self) -> impl Iterator<Item = (&RuleId, &Counting)> {
        self.running.iter().filter_map(|running| {
            let Works::Crossings(works) = &running.works else {
                return None;
            };
            Some((&running.rule.id, &works.counting))
        })
    }

    /// How many are in the zone of each rule that counts or looks for a crowd.
    pub fn numbers(&self) -> impl Iterator<Item = (&RuleId, u32)> {
        self.running.iter().filter_map(|running| {
            let Works::Number(works) = &running.works else {
                return None;
            };
            running.on.then_some((&running.rule.id, works.now))
        })
    }

    /// What the blade rules can see, by rule.
    pub fn sight(&self) -> impl Iterator<Item = (&RuleId, Sight)> {
        let blades = |running: &&Running| running.rule.kind() == Kind::Blade;
        self.running
            .iter()
            .filter(blades)
            .map(|running| (&running.rule.id, running.sight))
    }

    /// How many looks came too late to count.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }
}
