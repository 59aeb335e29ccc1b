//! How many are in a zone, and whether that is a crowd.

use std::time::Duration;

use super::near;
use super::stay::Span;
use super::subject::Subject;
use super::tell::{About, Context, Open, Teller, secs};
use crate::model::detection::fact::{Detail, Fact, MOST_TRACKS, Stage};
use crate::model::detection::rule::{Rule, Zone};
use crate::model::detection::{Class, Region};

/// Count and crowd: one fact for the zone.
#[derive(Debug)]
pub(super) struct Number {
    zone: Zone,
    /// More than so many; 0 for a plain count.
    over: u32,
    span: Option<Span>,
    open: Option<Open>,
    /// How many are there now.
    pub(super) now: u32,
    /// The number that was told, and in how many looks there was another one since.
    other: (u32, u16),
    ended: Option<Duration>,
}

impl Number {
    pub(super) fn new(zone: &Zone, over: u32) -> Self {
        Self {
            zone: zone.clone(),
            over,
            span: None,
            open: None,
            now: 0,
            other: (0, 0),
            ended: None,
        }
    }

    pub(super) fn step(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        let hold = cx.hold();
        let counted: Vec<&Subject> = cx
            .subjects
            .iter()
            .filter(|subject| {
                rule.takes(&subject.class)
                    && subject.best >= rule.least_score
                    && is_there(cx, subject, hold)
                    && cx.is_large(rule, &subject.region)
                    && self.zone.holds(subject.region.foot())
            })
            .collect();
        // Who is held to be there counts beside who is found, not instead.
        let found = counted.iter().filter(|subject| subject.here).count();
        let before = self.now;
        self.now = counted.len().min(found * 2) as u32;
        // Whoever is taken for another in one look is there twice for that look: not a crowd.
        let so = self.now.min(before) > self.over;
        match &mut self.span {
            Some(span) if so => span.so(cx.at, true, cx.limits.gap),
            Some(span) => {
                let ends = span.not_so(cx.at, hold);
                if ends {
                    self.span = None;
                    if let Some(mut open) = self.open.take() {
                        self.ended = Some(cx.at);
                        open.fact.detail.count = Some(self.now);
                        open.end(facts);
                    }
                }
            }
            None if so => {
                let mut span = Span::new(cx.at, Duration::ZERO);
                span.so(cx.at, true, cx.limits.gap);
                self.span = Some(span);
            }
            None => {}
        }
        let Some(span) = self.span.filter(|_| so) else {
            return;
        };
        let tracks = || -> Vec<u64> {
            let last = |subject: &&Subject| subject.tracks.last().copied();
            counted.iter().filter_map(last).take(MOST_TRACKS).collect()
        };
        let region = joined(&counted);
        if let Some(open) = &mut self.open {
            let fact = &mut open.fact;
            fact.tracks = tracks();
            fact.region = region;
            fact.last_seen = cx.wall;
            fact.detail.most = fact.detail.most.max(Some(self.now));
            fact.detail.seconds = Some(span.counted.as_secs_f32());
            // A number is told when it holds for as many looks as must agree.
            let told = fact.detail.count == Some(self.now);
            self.other = match self.other {
                _ if told => (self.now, 0),
                (number, looks) if number == self.now => (number, looks.saturating_add(1)),
                _ => (self.now, 1),
            };
            let news = !told && self.other.1 >= rule.confirm().looks;
            if news {
                fact.detail.count = Some(self.now);
            }
            open.tell(cx, news && self.over == 0, facts);
        } else if span.is_confirmed(rule) && self.may_tell(cx, rule) {
            let detail = Detail {
                count: Some(self.now),
                most: Some(self.now),
                seconds: Some(span.counted.as_secs_f32()),
                direction: None,
            };
            let about = About {
                tracks: tracks(),
                with: Vec::new(),
                class: common_class(&counted),
                region,
                score: counted
                    .iter()
                    .fold(0.0, |best: f32, one| best.max(one.best)),
                first: span.first,
                last: cx.at,
                detail,
            };
            let fact = teller.fact(cx, Stage::Begun, about);
            self.open = Some(Open::begin(fact, cx.at, facts));
        }
    }

    fn may_tell(&self, cx: &Context<'_>, rule: &Rule) -> bool {
        self.ended
            .is_none_or(|ended| cx.at.saturating_sub(ended) >= secs(rule.cooldown_s()))
    }

    pub(super) fn end(&mut self, facts: &mut Vec<Fact>) {
        self.span = None;
        self.now = 0;
        if let Some(open) = self.open.take() {
            open.end(facts);
        }
    }
}

fn joined(all: &[&Subject]) -> Region {
    let mut regions = all.iter().map(|subject| subject.region);
    let first = regions.next().unwrap_or_default();
    regions.fold(first, |joined, region| joined.joined(&region))
}

/// The class of all, if they have one.
fn common_class(all: &[&Subject]) -> Option<Class> {
    let first = &all.first()?.class;
    let same = all.iter().all(|subject| subject.class == *first);
    same.then(|| first.clone())
}

/// Whether somebody is in this look: found, only just missed, or hidden behind somebody who is found.
/// A track that drifts on alone is nobody.
fn is_there(cx: &Context<'_>, subject: &Subject, hold: Duration) -> bool {
    let missed_for = cx.at.saturating_sub(subject.seen);
    if subject.here || missed_for > hold {
        return subject.here;
    }
    let only_just = missed_for <= cx.interval * 3 / 2;
    let hidden =
        |other: &Subject| other.key != subject.key && near::hides(&other.region, &subject.region);
    only_just || cx.subjects.here().any(hidden)
}
