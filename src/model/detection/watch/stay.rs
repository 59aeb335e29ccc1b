//! Something is so for a while: somebody is in a zone, a vehicle stands, a blade is seen.

use std::collections::BTreeMap;
use std::time::Duration;

use super::near;
use super::subject::Subject;
use super::tell::{About, Context, Open, Teller, Told, party, secs};
use crate::model::detection::Region;
use crate::model::detection::fact::{Fact, Stage};
use crate::model::detection::rule::{Kind, Rule, Zone};

/// How long something has been so, in watched time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: Duration,
    pub(super) last: Duration,
    pub(super) counted: Duration,
    pub(super) looks: u32,
    out: u32,
    /// Since when it stood still when it was last so.
    still: Duration,
}

impl Span {
    pub(super) fn new(at: Duration, before: Duration) -> Self {
        Self {
            first: at,
            last: at,
            counted: before,
            looks: 0,
            out: 0,
            still: Duration::MAX,
        }
    }

    /// It is so in this look; `clear` when the model is sure enough.
    pub(super) fn so(&mut self, at: Duration, clear: bool, gap: Duration) {
        let passed = at.saturating_sub(self.last);
        if passed <= gap {
            self.counted += passed;
        }
        self.last = at;
        self.out = 0;
        if clear {
            self.looks = self.looks.saturating_add(1);
        }
    }

    /// It is not so in this look; whether it is over.
    pub(super) fn not_so(&mut self, at: Duration, hold: Duration) -> bool {
        self.out = self.out.saturating_add(1);
        self.out >= 2 || at.saturating_sub(self.last) > hold
    }

    /// Whether what must agree agrees.
    pub(super) fn is_confirmed(&self, rule: &Rule) -> bool {
        let confirm = rule.confirm();
        self.looks >= u32::from(confirm.looks)
            && self.last.saturating_sub(self.first) >= secs(confirm.seconds)
            && self.counted >= secs(rule.what.seconds().unwrap_or(0.0))
    }
}

#[derive(Debug)]
struct Stay {
    span: Span,
    /// It was in the zone when it was found first: it did not come in.
    born_inside: bool,
    open: Option<Open>,
}

/// Zone, closed, dwell, stopped, blade: one fact for each thing.
#[derive(Debug)]
pub(super) struct Stays {
    zone: Zone,
    stays: BTreeMap<u64, Stay>,
    told: Told,
}

impl Stays {
    pub(super) fn new(zone: &Zone) -> Self {
        Self {
            zone: zone.clone(),
            stays: BTreeMap::new(),
            told: Told::default(),
        }
    }

    fn is_so(&self, cx: &Context<'_>, rule: &Rule, subject: &Subject) -> bool {
        let place = match rule.kind() {
            Kind::Blade => subject.region.centre(),
            _ => subject.region.foot(),
        };
        self.zone.holds(place)
            && cx.is_large(rule, &subject.region)
            && (rule.kind() != Kind::Stopped || subject.is_still())
    }

    pub(super) fn step(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        let stands = matches!(rule.kind(), Kind::Stopped | Kind::Dwell);
        let hold = if stands { cx.long_hold() } else { cx.hold() };
        self.told.forget(cx.at, secs(rule.cooldown_s()));
        let mut over = Vec::new();
        for (key, stay) in &mut self.stays {
            // What is found again is asked below.
            if cx.subjects.get(*key).is_none_or(|subject| !subject.here)
                && cx.at.saturating_sub(stay.span.last) > hold
            {
                over.push(*key);
            }
        }
        let mut room = cx.limits.subjects.saturating_sub(self.stays.len());
        for subject in cx.subjects.here() {
            if !rule.takes(&subject.class) && !self.stays.contains_key(&subject.key) {
                continue;
            }
            let so = rule.takes(&subject.class) && self.is_so(cx, rule, subject);
            match self.stays.get_mut(&subject.key) {
                Some(stay) if so => {
                    // What has moved on stands for the first time again.
                    if rule.kind() == Kind::Stopped
                        && stay.open.is_none()
                        && subject.still_since > stay.span.still
                    {
                        stay.span = Span::new(cx.at, Duration::ZERO);
                    }
                    stay.span.still = subject.still_since;
                    let clear = subject.score >= rule.least_score;
                    stay.span.so(cx.at, clear, cx.limits.gap);
                }
                Some(stay) => {
                    let ends = stay.span.not_so(cx.at, hold);
                    if ends {
                        over.push(subject.key);
                    }
                }
                None if so && room > 0 => {
                    room -= 1;
                    let since = cx.at.saturating_sub(subject.still_since);
                    let stood = (rule.kind() == Kind::Stopped).then(|| {
                        // What stood before this rule saw it, unless looks are missing in between.
                        let seen = if since <= cx.limits.gap {
                            since
                        } else {
                            Duration::ZERO
                        };
                        subject.still_before + seen
                    });
                    let mut span = Span::new(cx.at, stood.unwrap_or_default());
                    span.so(cx.at, subject.score >= rule.least_score, cx.limits.gap);
                    span.still = subject.still_since;
                    let stay = Stay {
                        span,
                        born_inside: subject.looks <= 2,
                        open: None,
                    };
                    self.stays.insert(subject.key, stay);
                }
                None => {}
            }
        }
        self.raise(cx, rule, teller, facts);
        over.sort_unstable();
        over.dedup();
        for key in over {
            let Some(stay) = self.stays.remove(&key) else {
                continue;
            };
            if let Some(open) = stay.open {
                let fact = &open.fact;
                self.told.add(key, fact.class.as_ref(), fact.region, cx.at);
                open.end(facts);
            }
        }
    }

    /// Begins what is confirmed and tells how the rest goes on.
    fn raise(&mut self, cx: &Context<'_>, rule: &Rule, teller: &mut Teller, facts: &mut Vec<Fact>) {
        let open = self
            .stays
            .values()
            .filter(|stay| stay.open.is_some())
            .count();
        let mut room = cx.limits.open.saturating_sub(open);
        let here: Vec<u64> = cx.subjects.here().map(|subject| subject.key).collect();
        for key in here {
            let (Some(subject), Some(stay)) = (cx.subjects.get(key), self.stays.get(&key)) else {
                continue;
            };
            if stay.open.is_some() {
                self.go_on(cx, subject, facts);
                continue;
            }
            if !stay.span.is_confirmed(rule) || stay.span.last != cx.at {
                continue;
            }
            let (first, seconds) = (stay.span.first, stay.span.counted.as_secs_f32());
            let born_inside = stay.born_inside;
            if let Some(mut open) = self.taken_over(cx, subject, born_inside, rule) {
                open.fact.tracks.extend(&subject.tracks);
                open.fact.region = subject.region;
                open.tell(cx, true, facts);
                if let Some(stay) = self.stays.get_mut(&key) {
                    stay.open = Some(open);
                }
                continue;
            }
            if self.was_told(cx, subject, born_inside, rule) || room == 0 {
                continue;
            }
            room -= 1;
            let mut about = About::subject(subject, first);
            about.detail.seconds = Some(seconds);
            if rule.kind() == Kind::Blade {
                let near = cx.people_near(&subject.region, cx.at.saturating_sub(cx.hold()), cx.at);
                about.with = near
                    .first()
                    .map(|(_, person, region)| party(person, *region))
                    .into_iter()
                    .collect();
            }
            let fact = teller.fact(cx, Stage::Begun, about);
            if let Some(stay) = self.stays.get_mut(&key) {
                stay.open = Some(Open::begin(fact, cx.at, facts));
            }
        }
    }

    fn go_on(&mut self, cx: &Context<'_>, subject: &Subject, facts: &mut Vec<Fact>) {
        let Some(stay) = self.stays.get_mut(&subject.key) else {
            return;
        };
        let (last, seconds) = (stay.span.last, stay.span.counted.as_secs_f32());
        if let Some(open) = stay.open.as_mut().filter(|_| last == cx.at) {
            for track in &subject.tracks {
                if !open.fact.tracks.contains(track) {
                    open.fact.tracks.push(*track);
                }
            }
            open.fact.region = subject.region;
            open.fact.score = open.fact.score.max(subject.best.clamp(0.0, 1.0));
            open.fact.last_seen = cx.wall;
            open.fact.detail.seconds = Some(seconds);
            open.tell(cx, false, facts);
        }
    }

    /// The open fact of something that is not found now and is most likely this.
    fn taken_over(
        &mut self,
        cx: &Context<'_>,
        subject: &Subject,
        born_inside: bool,
        rule: &Rule,
    ) -> Option<Open> {
        let is_same = |region: &Region| {
            let far = near::between(region.centre(), subject.region.centre(), cx.aspect);
            if matches!(rule.kind(), Kind::Stopped) {
                near::same_place(region, &subject.region)
            } else {
                born_inside && far <= near::size(region, cx.aspect)
            }
        };
        let key = self
            .stays
            .iter()
            .find(|(key, stay)| {
                let gone = cx.subjects.get(**key).is_none_or(|other| !other.here);
                **key != subject.key
                    && gone
                    && stay
                        .open
                        .as_ref()
                        .is_some_and(|open| is_same(&open.fact.region))
            })
            .map(|(key, _)| *key)?;
        self.stays.remove(&key)?.open
    }

    /// Whether it is no news.
    fn was_told(
        &self,
        cx: &Context<'_>,
        subject: &Subject,
        born_inside: bool,
        rule: &Rule,
    ) -> bool {
        self.told.has(subject.key)
            || match rule.kind() {
                Kind::Stopped => self.told.has_at(&subject.region),
                _ => {
                    born_inside
                        && self
                            .told
                            .has_near(&subject.class, &subject.region, cx.aspect)
                }
            }
    }

    pub(super) fn end(&mut self, facts: &mut Vec<Fact>) {
        for (_, stay) in std::mem::take(&mut self.stays) {
            if let Some(open) = stay.open {
                open.end(facts);
            }
        }
    }
}
