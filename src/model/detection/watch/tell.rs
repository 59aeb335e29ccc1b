//! How facts are made: ids, times, and what was said already.

use std::collections::VecDeque;
use std::time::Duration;

use super::near;
use super::subject::{Group, Subject, Subjects};
use super::{Limits, StaticChange};
use crate::base::clock::WallTime;
use crate::model::camera::CameraId;
use crate::model::detection::fact::{Detail, Fact, MOST_TRACKS, Party, Stage};
use crate::model::detection::rule::{Kind, Rule, RuleId};
use crate::model::detection::{Class, Region};
use crate::model::id::Id;

/// The most things that a rule remembers to have told of.
const MOST_TOLD: usize = 256;

/// One look, as a rule sees it.
pub(super) struct Context<'a> {
    pub(super) at: Duration,
    pub(super) wall: WallTime,
    /// Time since the look before; nothing after a gap.
    pub(super) passed: Option<Duration>,
    /// Usual time between two looks.
    pub(super) interval: Duration,
    /// When watching began, or began anew.
    pub(super) start: Duration,
    pub(super) subjects: &'a Subjects,
    pub(super) changes: &'a [StaticChange],
    pub(super) aspect: f32,
    pub(super) size: (u32, u32),
    pub(super) limits: &'a Limits,
}

impl Context<'_> {
    /// The UTC of a time on the look's clock.
    pub(super) fn wall_at(&self, at: Duration) -> WallTime {
        let by = |span: Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        match self.at.checked_sub(at) {
            Some(before) => self.wall.plus_nanos(by(before).saturating_neg()),
            None => self.wall.plus_nanos(by(at.saturating_sub(self.at))),
        }
    }

    /// How long something that is not found is still taken to be there.
    pub(super) fn hold(&self) -> Duration {
        self.limits.lost.max(self.interval * 5 / 2)
    }

    /// The same for what stands and may be hidden for a while.
    pub(super) fn long_hold(&self) -> Duration {
        self.limits.adopt.max(self.interval * 5 / 2)
    }

    /// Whether something is large enough for a rule.
    pub(super) fn is_large(&self, rule: &Rule, region: &Region) -> bool {
        let height = region.height();
        let pixels = height * self.size.1 as f32;
        height >= rule.least_height
            && (self.size.1 == 0 || pixels + 0.5 >= rule.least_pixels as f32)
    }

    /// People near a place at some time, the nearest first, with how far they were.
    pub(super) fn people_near(
        &self,
        place: &Region,
        from: Duration,
        to: Duration,
    ) -> Vec<(f32, &Subject, Region)> {
        let mut found = Vec::new();
        for subject in self.subjects.iter().filter(|subject| subject.is_person()) {
            let best = subject
                .trail
                .iter()
                .filter(|spot| (from..=to).contains(&spot.at))
                .map(|spot| (near::gap(&spot.region, place, self.aspect), spot.region))
                .filter(|(gap, region)| *gap <= 0.5 * region.height())
                .min_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((gap, region)) = best {
                found.push((gap, subject, region));
            }
        }
        // Of several that touch it, whose foot is nearest to the foot of it.
        found.sort_by(|a, b| {
            let foot = |region: &Region| near::between(region.foot(), place.foot(), self.aspect);
            a.0.total_cmp(&b.0).then(foot(&a.2).total_cmp(&foot(&b.2)))
        });
        found
    }
}

/// One who had to do with it.
pub(super) fn party(subject: &Subject, region: Region) -> Party {
    Party {
        track: subject.tracks.last().copied().unwrap_or_default(),
        class: subject.class.clone(),
        region,
    }
}

/// What a new fact says.
pub(super) struct About {
    pub(super) tracks: Vec<u64>,
    pub(super) with: Vec<Party>,
    pub(super) class: Option<Class>,
    pub(super) region: Region,
    pub(super) score: f32,
    pub(super) first: Duration,
    pub(super) last: Duration,
    pub(super) detail: Detail,
}

impl About {
    /// Of one thing.
    pub(super) fn subject(subject: &Subject, first: Duration) -> Self {
        Self {
            tracks: subject.tracks.clone(),
            with: Vec::new(),
            class: Some(subject.class.clone()),
            region: subject.region,
            score: subject.best,
            first,
            last: subject.seen,
            detail: Detail::default(),
        }
    }
}

/// Makes the facts of one rule.
#[derive(Debug)]
pub(super) struct Teller {
    rule: RuleId,
    kind: Kind,
    camera: CameraId,
    place: String,
    told: u64,
}

impl Teller {
    pub(super) fn new(rule: &Rule) -> Self {
        Self {
            rule: rule.id.clone(),
            kind: rule.kind(),
            camera: rule.camera.clone(),
            place: rule.what.place().to_owned(),
            told: 0,
        }
    }

    /// A new fact.
    pub(super) fn fact(&mut self, cx: &Context<'_>, stage: Stage, mut about: About) -> Fact {
        let first_seen = cx.wall_at(about.first);
        self.told += 1;
        let name = format!(
            "fact {} {} {} {}",
            self.camera,
            self.rule,
            first_seen.micros(),
            self.told
        );
        about.tracks.truncate(MOST_TRACKS);
        about.with.truncate(MOST_TRACKS);
        Fact {
            id: Id::named(&name),
            rule: self.rule.clone(),
            kind: self.kind,
            camera: self.camera.clone(),
            place: self.place.clone(),
            stage,
            tracks: about.tracks,
            with: about.with,
            class: about.class,
            region: about.region,
            score: about.score.clamp(0.0, 1.0),
            first_seen,
            last_seen: cx.wall_at(about.last),
            detail: about.detail,
            stills: Vec::new(),
        }
    }
}

/// A fact that goes on.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) fact: Fact,
    told: Duration,
}

impl Open {
    /// Tells that it began.
    pub(super) fn begin(fact: Fact, at: Duration, facts: &mut Vec<Fact>) -> Self {
        facts.push(fact.clone());
        Self { fact, told: at }
    }

    /// Tells how it goes on, when it is time or `now`.
    pub(super) fn tell(&mut self, cx: &Context<'_>, now: bool, facts: &mut Vec<Fact>) {
        if now || cx.at.saturating_sub(self.told) >= cx.limits.update {
            self.told = cx.at;
            self.fact.stage = Stage::Updated;
            facts.push(self.fact.clone());
        }
    }

    /// Tells that it is over.
    pub(super) fn end(mut self, facts: &mut Vec<Fact>) {
        self.fact.stage = Stage::Ended;
        facts.push(self.fact);
    }
}

/// What a rule told of lately, so that it says nothing twice.
#[derive(Debug, Default)]
pub(super) struct Told {
    all: VecDeque<(u64, Option<Group>, Region, Duration)>,
}

impl Told {
    pub(super) fn add(&mut self, key: u64, class: Option<&Class>, region: Region, at: Duration) {
        if self.all.len() >= MOST_TOLD {
            self.all.pop_front();
        }
        self.all.push_back((key, class.map(Group::of), region, at));
    }

    pub(super) fn forget(&mut self, at: Duration, cooldown: Duration) {
        self.all
            .retain(|(.., told)| at.saturating_sub(*told) < cooldown);
    }

    /// Whether this very thing was told of.
    pub(super) fn has(&self, key: u64) -> bool {
        self.all.iter().any(|(known, ..)| *known == key)
    }

    /// Whether something at this place was told of.
    pub(super) fn has_at(&self, place: &Region) -> bool {
        self.all
            .iter()
            .any(|(_, _, region, _)| near::same_place(region, place))
    }

    /// Whether something alike was told of that was last within a size of this place.
    pub(super) fn has_near(&self, class: &Class, place: &Region, aspect: f32) -> bool {
        self.all.iter().any(|(_, group, region, _)| {
            let far = near::between(region.centre(), place.centre(), aspect);
            *group == Some(Group::of(class)) && far <= near::size(region, aspect)
        })
    }
}

/// A time of a rule.
pub(super) fn secs(seconds: f32) -> Duration {
    Duration::try_from_secs_f32(seconds).unwrap_or(Duration::ZERO)
}
