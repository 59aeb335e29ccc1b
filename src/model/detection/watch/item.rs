//! Objects that stay while their person goes: left behind, or littered.
//!
//! An object is a detection that stands still or a change of the background, or both at one place. It
//! belongs to the person who was nearest when it came to stand. What nobody brought was there before
//! and is remembered as part of the scene.

use std::collections::VecDeque;
use std::time::Duration;

use super::near;
use super::subject::{Group, Subject};
use super::tell::{About, Context, Open, Teller, Told, party, secs};
use super::{ChangeKind, StaticChange};
use crate::model::detection::fact::{Detail, Fact, Party, Stage};
use crate::model::detection::rule::{Kind, Rule, Zone};
use crate::model::detection::{Class, Region};

/// How long before and after an object came to stand its person was near.
const BROUGHT: Duration = Duration::from_secs(4);
/// After how long somebody new where the person was lost is taken for the same person.
const CAME_BACK: Duration = Duration::from_secs(10);
/// How far a person may go from the object and still attend it, in heights of the person.
const AWAY: f32 = 1.5;
/// Litter is smaller than this share of the person's height.
const LITTER: f32 = 0.6;
/// A change larger than this is of the light.
const LARGEST_CHANGE: f32 = 0.2;
/// For how long a part of the scene is remembered.
const SCENERY: Duration = Duration::from_secs(600);
/// The most parts of the scene that are remembered.
const MOST_SCENERY: usize = 128;

#[derive(Debug)]
struct Owner {
    key: u64,
    party: Party,
    height: f32,
}

#[derive(Debug)]
struct Item {
    number: u64,
    place: Region,
    class: Option<Class>,
    score: f32,
    tracks: Vec<u64>,
    /// When it came to stand, and when it was found last.
    since: Duration,
    last: Duration,
    looks: u32,
    /// A change of the background bears it out.
    borne_out: bool,
    scenery: bool,
    owner: Option<Owner>,
    alone: Duration,
    alone_looks: u32,
    open: Option<Open>,
    told: bool,
}

/// Left and litter.
#[derive(Debug)]
pub(super) struct Items {
    zone: Zone,
    items: Vec<Item>,
    scenery: VecDeque<(Region, Duration)>,
    told: Told,
    made: u64,
}

/// What speaks for an object in one look.
struct Evidence<'a> {
    place: Region,
    subject: Option<&'a Subject>,
    score: f32,
    since: Duration,
}

impl Items {
    pub(super) fn new(zone: &Zone) -> Self {
        Self {
            zone: zone.clone(),
            items: Vec::new(),
            scenery: VecDeque::new(),
            told: Told::default(),
            made: 0,
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
        self.scenery
            .retain(|(_, at)| cx.at.saturating_sub(*at) <= SCENERY);
        for evidence in self.evidence(cx, rule) {
            self.take(cx, evidence);
        }
        for index in 0..self.items.len() {
            self.attend(cx, index);
            self.tell(cx, rule, index, teller, facts);
        }
        self.drop_gone(cx, facts);
    }

    fn evidence<'a>(&self, cx: &Context<'a>, rule: &Rule) -> Vec<Evidence<'a>> {
        let detected = cx
            .subjects
            .here()
            .filter(|subject| {
                Group::of(&subject.class) != Group::Person
                    && rule.takes(&subject.class)
                    && subject.score >= rule.least_score
                    && subject.is_still()
                    && cx.is_large(rule, &subject.region)
                    && self.zone.holds(subject.region.foot())
            })
            .map(|subject| Evidence {
                place: subject.region,
                subject: Some(subject),
                score: subject.score,
                since: subject.still_since.saturating_sub(subject.still_before),
            });
        let changed = cx
            .changes
            .iter()
            .filter(|change| {
                change.kind == ChangeKind::Appeared
                    && change.score >= rule.least_score
                    && change.region.area() <= LARGEST_CHANGE
                    && cx.is_large(rule, &change.region)
                    && self.zone.holds(change.region.foot())
                    && !is_of_somebody(cx, change)
            })
            .map(|change| Evidence {
                place: change.region,
                subject: None,
                score: change.score,
                since: change.since.min(cx.at),
            });
        detected.chain(changed).collect()
    }

    fn take(&mut self, cx: &Context<'_>, evidence: Evidence<'_>) {
        let same = |item: &Item| near::same_place(&item.place, &evidence.place);
        let index = match self.items.iter().position(same) {
            Some(index) => index,
            None if self.items.len() >= cx.limits.open => return,
            None => {
                self.made += 1;
                let known =
                    |(place, _): &(Region, Duration)| near::same_place(place, &evidence.place);
                // What stood there when watching began was there before.
                let first_looks = cx.start + cx.interval * 3 / 2;
                self.items.push(Item {
                    number: self.made,
                    place: evidence.place,
                    class: None,
                    score: 0.0,
                    tracks: Vec::new(),
                    since: evidence.since,
                    last: cx.at,
                    looks: 0,
                    borne_out: false,
                    scenery: evidence.since <= first_looks || self.scenery.iter().any(known),
                    owner: None,
                    alone: Duration::ZERO,
                    alone_looks: 0,
                    open: None,
                    told: false,
                });
                self.items.len() - 1
            }
        };
        let item = &mut self.items[index];
        item.score = item.score.max(evidence.score);
        item.since = item.since.min(evidence.since);
        match evidence.subject {
            Some(subject) => {
                item.class = Some(subject.class.clone());
                item.place = subject.region;
                for track in &subject.tracks {
                    if !item.tracks.contains(track) && item.tracks.len() < 8 {
                        item.tracks.push(*track);
                    }
                }
            }
            None => item.borne_out = true,
        }
        if item.last < cx.at || item.looks == 0 {
            item.looks = item.looks.saturating_add(1);
            item.last = cx.at;
        }
    }

    /// Who brought it, and whether that person is near.
    fn attend(&mut self, cx: &Context<'_>, index: usize) {
        let item = &mut self.items[index];
        let around = BROUGHT + cx.interval;
        if item.owner.is_none() && !item.scenery {
            let near = cx.people_near(
                &item.place,
                item.since.saturating_sub(around),
                item.since + around,
            );
            if let Some((_, person, region)) = near.first() {
                item.owner = Some(Owner {
                    key: person.key,
                    party: party(person, *region),
                    height: region.height(),
                });
            } else if cx.at.saturating_sub(item.since) > around * 2 {
                item.scenery = true;
            }
        }
        let Some(owner) = &mut item.owner else { return };
        let attends = |region: &Region, height: f32| {
            near::gap(region, &item.place, cx.aspect) <= AWAY * height.max(owner.height * 0.5)
        };
        let attended = match cx.subjects.get(owner.key) {
            Some(person) if cx.at.saturating_sub(person.seen) <= cx.long_hold() => {
                attends(&person.region, person.region.height())
            }
            lost => {
                // Somebody who turns up where the person was lost is the person.
                let lost = lost.map_or(item.last, |person| person.seen);
                let again = cx.subjects.here().find(|person| {
                    let start = person.trail.front().map(|spot| spot.region);
                    person.is_person()
                        && person.born >= lost
                        && person.born.saturating_sub(lost) <= CAME_BACK
                        && start.is_some_and(|region| {
                            near::gap(&region, &item.place, cx.aspect) <= 0.75 * region.height()
                        })
                });
                if let Some(person) = again {
                    owner.key = person.key;
                }
                again.is_some()
            }
        };
        if attended {
            item.alone = Duration::ZERO;
            item.alone_looks = 0;
        } else {
            item.alone += cx.passed.unwrap_or_default();
            if item.last == cx.at {
                item.alone_looks = item.alone_looks.saturating_add(1);
            }
        }
    }

    fn tell(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        index: usize,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        let item = &mut self.items[index];
        if let Some(open) = &mut item.open {
            if item.last == cx.at {
                open.fact.last_seen = cx.wall;
                open.fact.region = item.place;
                open.fact.detail.seconds = Some(item.alone.as_secs_f32());
            }
            open.tell(cx, false, facts);
            return;
        }
        let Some(owner) = &item.owner else { return };
        let confirm = rule.confirm();
        let ready = !item.told
            && !item.scenery
            && (!cx.limits.background || item.borne_out)
            && item.last == cx.at
            && item.alone >= secs(rule.what.seconds().unwrap_or(0.0))
            && item.alone >= secs(confirm.seconds)
            && item.alone_looks >= u32::from(confirm.looks);
        if !ready || self.told.has_at(&item.place) {
            return;
        }
        if rule.kind() == Kind::Litter && item.place.height() > LITTER * owner.height {
            return;
        }
        item.told = true;
        self.told
            .add(item.number, item.class.as_ref(), item.place, cx.at);
        let about = About {
            tracks: item.tracks.clone(),
            with: vec![owner.party.clone()],
            class: item.class.clone(),
            region: item.place,
            score: item.score,
            first: item.since,
            last: cx.at,
            detail: Detail {
                seconds: Some(item.alone.as_secs_f32()),
                ..Detail::default()
            },
        };
        if rule.kind() == Kind::Litter {
            facts.push(teller.fact(cx, Stage::Once, about));
        } else {
            let fact = teller.fact(cx, Stage::Begun, about);
            item.open = Some(Open::begin(fact, cx.at, facts));
        }
    }

    /// Forgets what is gone; what somebody hides is not gone.
    fn drop_gone(&mut self, cx: &Context<'_>, facts: &mut Vec<Fact>) {
        let keep = cx.long_hold().max(Duration::from_secs(8));
        for item in &mut self.items {
            let hidden = cx.subjects.here().any(|other| {
                Group::of(&other.class) != Group::Other && near::hides(&other.region, &item.place)
            });
            if hidden {
                let passed = cx.passed.unwrap_or_default();
                // Its own look is kept apart from time that stands still for it.
                item.last = (item.last + passed)
                    .min(cx.at.saturating_sub(Duration::from_nanos(1)))
                    .max(item.last);
            }
        }
        let mut index = 0;
        while index < self.items.len() {
            if cx.at.saturating_sub(self.items[index].last) <= keep {
                index += 1;
                continue;
            }
            let item = self.items.swap_remove(index);
            if item.scenery {
                if self.scenery.len() >= MOST_SCENERY {
                    self.scenery.pop_front();
                }
                self.scenery.push_back((item.place, cx.at));
            }
            if let Some(open) = item.open {
                self.told
                    .add(item.number, item.class.as_ref(), item.place, cx.at);
                open.end(facts);
            }
        }
    }

    pub(super) fn end(&mut self, facts: &mut Vec<Fact>) {
        for item in std::mem::take(&mut self.items) {
            if let Some(open) = item.open {
                open.end(facts);
            }
        }
        self.scenery.clear();
    }
}

/// A change that is somebody who stands there, or a vehicle.
fn is_of_somebody(cx: &Context<'_>, change: &StaticChange) -> bool {
    let hold = cx.long_hold();
    cx.subjects.iter().any(|subject| {
        Group::of(&subject.class) != Group::Other
            && cx.at.saturating_sub(subject.seen) <= hold
            && change.region.share_in(&subject.region) >= 0.5
    })
}
