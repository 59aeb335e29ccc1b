//! Things that stood there and are gone: driven or carried away, or no longer found.

use std::time::Duration;

use super::near;
use super::subject::{Group, Subject};
use super::tell::{About, Context, Teller, Told, party, secs};
use super::{ChangeKind, StaticChange};
use crate::model::detection::fact::{Detail, Fact, Party, Stage};
use crate::model::detection::rule::{Rule, Zone};
use crate::model::detection::{Class, Region};

/// How long before something left its person was near.
const BEFORE: Duration = Duration::from_secs(15);
/// The same after it was last found.
const AFTER: Duration = Duration::from_secs(4);
/// How long at least it must not be found, in the clear, to be gone without a change of the background.
const MISSING: Duration = Duration::from_secs(5);
/// In how many looks, in the clear.
const MISSED_LOOKS: u32 = 3;
/// Of the looks in which it could be found, the share in which it must have been.
const RELIABLE: f32 = 0.7;
/// What is gone without a name is told when its place has not grown for so long: what was behind
/// somebody is seen to have changed a little later than the rest.
const SETTLES: Duration = Duration::from_secs(2);
/// A region that overlaps the one before by less has grown.
const SAME_REGION: f32 = 0.9;
/// It is told after so long in any case.
const WAITS_FOR: Duration = Duration::from_secs(20);
/// After how long what is neither there nor gone is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(120);

#[derive(Debug)]
struct Parked {
    key: u64,
    place: Region,
    class: Class,
    score: f32,
    tracks: Vec<u64>,
    since: Duration,
    last: Duration,
    /// For how long it was seen to stand there.
    stood: Duration,
    found: u32,
    missed: u32,
    /// Looks and time in which it was not found in the clear, since it was found last.
    missing: u32,
    missing_for: Duration,
    /// Looks in which it was found elsewhere.
    moved: u32,
    /// A change of the background had stood there for it, and stands no longer.
    uncovered: bool,
    covered: bool,
    /// Who brought it, of those who are still remembered.
    brought_by: Option<u64>,
}

/// Removed.
#[derive(Debug)]
pub(super) struct Gone {
    zone: Zone,
    parked: Vec<Parked>,
    told: Told,
    /// Changes of the background for which there is no name.
    changes: Vec<Unnamed>,
}

/// A part of the scene that is gone, without a name.
#[derive(Debug)]
struct Unnamed {
    id: u64,
    /// In how many looks it was so.
    looks: u32,
    first: Duration,
    /// Where it was when it grew last, and when.
    settled: (Region, Duration),
}

impl Gone {
    pub(super) fn new(zone: &Zone) -> Self {
        Self {
            zone: zone.clone(),
            parked: Vec::new(),
            told: Told::default(),
            changes: Vec::new(),
        }
    }

    pub(super) fn step(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        self.told.forget(cx.at, secs(rule.cooldown_s()));
        self.park(cx, rule);
        let mut index = 0;
        while index < self.parked.len() {
            let gone = is_gone(&mut self.parked[index], cx, rule);
            let parked = &self.parked[index];
            let forgotten = cx.at.saturating_sub(parked.last) > FORGOTTEN;
            if !gone && !forgotten {
                index += 1;
                continue;
            }
            let parked = self.parked.swap_remove(index);
            if gone && parked.stood >= secs(rule.what.seconds().unwrap_or(0.0)) {
                self.tell(cx, &parked, teller, facts);
            }
        }
        self.unnamed(cx, rule, teller, facts);
    }

    /// Takes note of what stands in the zone.
    fn park(&mut self, cx: &Context<'_>, rule: &Rule) {
        for subject in cx.subjects.here() {
            let stands = rule.takes(&subject.class)
                && Group::of(&subject.class) != Group::Person
                && subject.score >= rule.least_score
                && subject.is_still()
                && cx.is_large(rule, &subject.region)
                && self.zone.holds(subject.region.foot());
            let known = |parked: &Parked| {
                parked.key == subject.key || near::same_place(&parked.place, &subject.region)
            };
            if stands && !self.parked.iter().any(known) && self.parked.len() < cx.limits.open {
                self.parked.push(Parked {
                    key: subject.key,
                    place: subject.region,
                    class: subject.class.clone(),
                    score: subject.best,
                    tracks: subject.tracks.clone(),
                    since: subject.still_since.saturating_sub(subject.still_before),
                    last: cx.at,
                    stood: subject.still_before,
                    found: 0,
                    missed: 0,
                    missing: 0,
                    missing_for: Duration::ZERO,
                    moved: 0,
                    uncovered: false,
                    covered: false,
                    brought_by: brought_by(cx, subject),
                });
            }
        }
    }

    fn tell(
        &mut self,
        cx: &Context<'_>,
        parked: &Parked,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        let taker = with_whom(cx, &parked.place, parked.last);
        // Who puts something down and takes it along again removes nothing.
        let own = taker
            .as_ref()
            .is_some_and(|(key, _)| parked.brought_by == Some(*key));
        if own || self.told.has_at(&parked.place) {
            return;
        }
        self.told
            .add(parked.key, Some(&parked.class), parked.place, cx.at);
        let about = About {
            tracks: parked.tracks.clone(),
            with: taker.map(|(_, party)| party).into_iter().collect(),
            class: Some(parked.class.clone()),
            region: parked.place,
            score: parked.score,
            first: parked.since,
            last: parked.last,
            detail: Detail {
                seconds: Some(parked.stood.as_secs_f32()),
                ..Detail::default()
            },
        };
        facts.push(teller.fact(cx, Stage::Once, about));
    }

    /// Parts of the scene that no model ever named: told where somebody was near, and only by a rule
    /// that names no classes.
    fn unnamed(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        if !rule.classes.is_empty() {
            return;
        }
        let stand = |id: u64| cx.changes.iter().any(|change| change.id == id);
        self.changes.retain(|known| stand(known.id));
        let gone = |change: &&StaticChange| {
            change.kind == ChangeKind::Disappeared
                && change.score >= rule.least_score
                && cx.is_large(rule, &change.region)
                && self.zone.holds(change.region.foot())
        };
        for change in cx.changes.iter().filter(gone) {
            let known = self.changes.iter().position(|known| known.id == change.id);
            if known.is_none() && self.changes.len() >= cx.limits.open {
                continue;
            }
            let index = known.unwrap_or_else(|| {
                self.changes.push(Unnamed {
                    id: change.id,
                    looks: 0,
                    first: cx.at,
                    settled: (change.region, cx.at),
                });
                self.changes.len() - 1
            });
            let known = &mut self.changes[index];
            known.looks = known.looks.saturating_add(1);
            if known.settled.0.iou(&change.region) < SAME_REGION {
                known.settled = (change.region, cx.at);
            }
            let settled = cx.at.saturating_sub(known.settled.1) >= SETTLES;
            let waited = cx.at.saturating_sub(known.first) >= WAITS_FOR;
            let at_it = |parked: &Parked| near::same_place(&parked.place, &change.region);
            // Told by its name, where it has one and stood long enough to be parked.
            if known.looks < u32::from(rule.confirm().looks)
                || !(settled || waited)
                || self.told.has_at(&change.region)
                || self.parked.iter().any(at_it)
            {
                continue;
            }
            let Some((_, taker)) = with_whom(cx, &change.region, change.since) else {
                continue;
            };
            self.told.add(u64::MAX, None, change.region, cx.at);
            let about = About {
                tracks: Vec::new(),
                with: vec![taker],
                class: None,
                region: change.region,
                score: change.score,
                first: change.since.min(cx.at),
                last: cx.at,
                detail: Detail::default(),
            };
            facts.push(teller.fact(cx, Stage::Once, about));
        }
    }

    pub(super) fn end(&mut self) {
        self.parked.clear();
        self.changes.clear();
    }
}

/// Takes one look at what stood there; whether it is certainly gone.
fn is_gone(parked: &mut Parked, cx: &Context<'_>, rule: &Rule) -> bool {
    let looks = u32::from(rule.confirm().looks);
    let itself = cx.subjects.get(parked.key).filter(|subject| subject.here);
    let at_place = |subject: &&Subject| {
        rule.takes(&subject.class) && near::same_place(&subject.region, &parked.place)
    };
    let found = itself
        .filter(at_place)
        .or_else(|| cx.subjects.here().find(at_place));
    let change = |kind: ChangeKind| {
        let here = |change: &&StaticChange| near::same_place(&change.region, &parked.place);
        let mut of_kind = cx.changes.iter().filter(|change| change.kind == kind);
        of_kind.any(|change| here(&change))
    };
    let covered = change(ChangeKind::Appeared);
    if parked.covered && !covered {
        parked.uncovered = true;
    }
    parked.covered = covered;
    if let Some(subject) = found {
        let passed = cx.at.saturating_sub(parked.last);
        if passed <= cx.limits.gap {
            parked.stood += passed;
        }
        parked.key = subject.key;
        parked.last = cx.at;
        parked.found = parked.found.saturating_add(1);
        parked.score = parked.score.max(subject.best);
        parked.missed = parked.missed.saturating_add(parked.missing);
        (parked.missing, parked.missing_for, parked.moved) = (0, Duration::ZERO, 0);
        parked.uncovered = false;
        for track in &subject.tracks {
            if !parked.tracks.contains(track) && parked.tracks.len() < 8 {
                parked.tracks.push(*track);
            }
        }
        return false;
    }
    if let Some(subject) = itself {
        let far = near::between(subject.region.centre(), parked.place.centre(), cx.aspect);
        if far >= 0.75 * near::size(&parked.place, cx.aspect) {
            parked.moved = parked.moved.saturating_add(1);
            return parked.moved >= looks;
        }
        return false;
    }
    let hidden = cx
        .subjects
        .here()
        .any(|other| other.key != parked.key && near::hides(&other.region, &parked.place));
    if hidden {
        return false;
    }
    if covered && cx.limits.background {
        // It stands there still; only the model does not name it.
        return false;
    }
    parked.missing = parked.missing.saturating_add(1);
    parked.missing_for += cx.passed.unwrap_or_default();
    if change(ChangeKind::Disappeared) {
        return parked.missing >= looks;
    }
    let all = parked.found + parked.missed;
    let reliable = parked.found as f32 >= RELIABLE * all as f32;
    parked.missing >= looks.max(MISSED_LOOKS)
        && parked.missing_for >= MISSING.max(cx.interval * 3)
        && (reliable || parked.uncovered)
}

/// Who was nearest when it went.
fn with_whom(cx: &Context<'_>, place: &Region, last: Duration) -> Option<(u64, Party)> {
    let to = last.saturating_add(AFTER + cx.interval);
    let near = cx.people_near(place, last.saturating_sub(BEFORE), to);
    let nearest = near.first();
    nearest.map(|(_, person, region)| (person.key, party(person, *region)))
}

/// Who was nearest when it came to stand; nobody when it stood there before.
fn brought_by(cx: &Context<'_>, subject: &Subject) -> Option<u64> {
    if subject.still_since <= cx.start + cx.interval * 3 / 2 {
        return None;
    }
    let around = AFTER + cx.interval;
    let from = subject.still_since.saturating_sub(around);
    let near = cx.people_near(&subject.region, from, subject.still_since + around);
    near.first().map(|(_, person, _)| person.key)
}
