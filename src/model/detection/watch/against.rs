//! Moving against the arrow of a zone.

use std::collections::BTreeMap;

use super::near;
use super::subject::Subject;
use super::tell::{About, Context, Teller, Told, secs};
use crate::model::detection::Point;
use crate::model::detection::fact::{Fact, Stage};
use crate::model::detection::rule::{Line, Rule, Zone};

/// The least way against the arrow, as a share of the picture's height.
const LEAST_WAY: f32 = 0.04;

/// How far somebody came along the arrow at best, and where that was.
#[derive(Debug)]
struct Way {
    best: f32,
    place: Point,
    last: f32,
    /// Looks in which it went back.
    back: u16,
    looked: std::time::Duration,
}

/// Wrong way along.
#[derive(Debug)]
pub(super) struct Against {
    zone: Zone,
    arrow: Line,
    ways: BTreeMap<u64, Way>,
    told: Told,
}

impl Against {
    pub(super) fn new(zone: &Zone, arrow: &Line) -> Self {
        Self {
            zone: zone.clone(),
            arrow: arrow.clone(),
            ways: BTreeMap::new(),
            told: Told::default(),
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
        self.ways.retain(|key, _| cx.subjects.get(*key).is_some());
        for subject in cx.subjects.here() {
            if !rule.takes(&subject.class)
                || subject.best < rule.least_score
                || !cx.is_large(rule, &subject.region)
            {
                continue;
            }
            if !self.zone.holds(subject.region.foot()) {
                self.ways.remove(&subject.key);
                continue;
            }
            if self.goes_back(cx, rule, subject) && !self.told.has(subject.key) {
                self.told
                    .add(subject.key, Some(&subject.class), subject.region, cx.at);
                let first = subject.trail.front().map_or(cx.at, |spot| spot.at);
                facts.push(teller.fact(cx, Stage::Once, About::subject(subject, first)));
            }
        }
    }

    fn goes_back(&mut self, cx: &Context<'_>, rule: &Rule, subject: &Subject) -> bool {
        let foot = subject.region.foot();
        let arrow = |point: Point| [point.x * cx.aspect, point.y];
        let (from, to) = (arrow(self.arrow.from), arrow(self.arrow.to));
        let (x, y) = (to[0] - from[0], to[1] - from[1]);
        let length = x.hypot(y).max(1e-6);
        let here = arrow(foot);
        let along = (here[0] * x + here[1] * y) / length;
        let anew = Way {
            best: along,
            place: foot,
            last: along,
            back: 0,
            looked: cx.at,
        };
        let Some(way) = self.ways.get_mut(&subject.key) else {
            self.ways.insert(subject.key, anew);
            return false;
        };
        if along >= way.best || cx.at.saturating_sub(way.looked) > cx.limits.gap {
            *way = anew;
            return false;
        }
        if along < way.last {
            way.back = way.back.saturating_add(1);
        }
        (way.last, way.looked) = (along, cx.at);
        let back = way.best - along;
        let moved = near::between(foot, way.place, cx.aspect);
        let least = LEAST_WAY.max(0.75 * near::size(&subject.region, cx.aspect).min(0.3));
        // Within 60° of the opposite direction.
        let wrong = back >= least && back >= 0.5 * moved && way.back >= rule.confirm().looks;
        if wrong {
            *way = anew;
        }
        wrong
    }

    pub(super) fn end(&mut self) {
        self.ways.clear();
    }
}
