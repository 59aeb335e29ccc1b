//! Lines that are crossed: by anybody, to be counted, the wrong way, or in front of somebody who
//! walks.

use std::collections::BTreeMap;
use std::time::Duration;

use super::subject::Subject;
use super::tell::{About, Context, Teller, Told, party, secs};
use crate::model::detection::Point;
use crate::model::detection::counting::Counting;
use crate::model::detection::fact::{Fact, Stage};
use crate::model::detection::rule::{Direction, Line, Rule, What};

/// How far from the line, in heights of the thing, a side is not yet certain; and the most of it, in
/// shares of the picture.
const BAND: f64 = 0.05;
const WIDEST_BAND: f64 = 0.02;
/// For how long before or after it was found somebody is still taken to be at the same place.
const SLACK: Duration = Duration::from_secs(1);

/// On which side a thing is.
#[derive(Debug)]
struct Side {
    /// Whether it is certainly on the right-hand side.
    right: bool,
    /// Where it was last.
    before: (Duration, Point),
    /// When it cut the line since it was certain.
    cut: Option<Duration>,
    /// Looks on the other side since.
    looks: u16,
}

/// Line, counting, wrong way across, yield.
#[derive(Debug)]
pub(super) struct Crossings {
    line: Line,
    sides: BTreeMap<u64, Side>,
    told: Told,
    pub(super) counting: Counting,
}

impl Crossings {
    pub(super) fn new(line: &Line) -> Self {
        Self {
            line: line.clone(),
            sides: BTreeMap::new(),
            told: Told::default(),
            counting: Counting::default(),
        }
    }

    pub(super) fn step(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        if let Some(passed) = cx.passed {
            let before = cx.wall_at(cx.at.saturating_sub(passed));
            self.counting.watched(before, cx.wall);
        }
        self.told.forget(cx.at, secs(rule.cooldown_s()));
        self.sides.retain(|key, _| cx.subjects.get(*key).is_some());
        for subject in cx.subjects.here() {
            if !rule.takes(&subject.class)
                || subject.best < rule.least_score
                || !cx.is_large(rule, &subject.region)
            {
                continue;
            }
            if let Some((at, direction)) = self.crossed(cx, rule, subject) {
                self.counting
                    .crossed(cx.wall_at(at), &subject.class, direction);
                self.tell(cx, rule, subject, at, direction, teller, facts);
            }
        }
    }

    /// When and in which direction the line was crossed, once it is certain.
    fn crossed(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        subject: &Subject,
    ) -> Option<(Duration, Direction)> {
        let foot = subject.region.foot();
        let distance = self.line.side(foot);
        let band = (BAND * f64::from(subject.region.height())).min(WIDEST_BAND);
        let anew = Side {
            right: distance >= 0.0,
            before: (cx.at, foot),
            cut: None,
            looks: 0,
        };
        let Some(side) = self.sides.get_mut(&subject.key) else {
            self.sides.insert(subject.key, anew);
            return None;
        };
        let (then, from) = side.before;
        let passed = cx.at.saturating_sub(then);
        if passed > cx.limits.gap {
            *side = anew;
            return None;
        }
        if let Some(share) = self.line.cut_by(from, foot) {
            side.cut = Some(then + passed.mul_f64(share));
        }
        side.before = (cx.at, foot);
        if distance.abs() < band {
            return None;
        }
        let right = distance > 0.0;
        if right == side.right {
            (side.cut, side.looks) = (None, 0);
            return None;
        }
        let Some(cut) = side.cut else {
            // It went round the end of the line.
            side.right = right;
            return None;
        };
        side.looks = side.looks.saturating_add(1);
        if side.looks < rule.confirm().looks {
            return None;
        }
        *side = Side { right, ..anew };
        let direction = if right {
            Direction::LeftToRight
        } else {
            Direction::RightToLeft
        };
        Some((cut, direction))
    }

    #[expect(clippy::too_many_arguments, reason = "one crossing in all its parts")]
    fn tell(
        &mut self,
        cx: &Context<'_>,
        rule: &Rule,
        subject: &Subject,
        at: Duration,
        direction: Direction,
        teller: &mut Teller,
        facts: &mut Vec<Fact>,
    ) {
        let mut with = Vec::new();
        match &rule.what {
            What::Line {
                direction: wanted, ..
            } if wanted.takes(direction) => {}
            What::WrongWay { .. } if !wrong_way_allows(rule, direction) => {}
            What::Yield {
                direction: wanted,
                zone,
                ..
            } if wanted.takes(direction) => {
                with = cx
                    .subjects
                    .iter()
                    .filter(|one| one.is_person() && one.best >= rule.least_score)
                    .filter(|one| one.looks >= 2)
                    .filter_map(|one| {
                        let region = one.region_at(at, SLACK, cx.limits.gap)?;
                        zone.holds(region.foot()).then(|| party(one, region))
                    })
                    .collect();
                if with.is_empty() {
                    return;
                }
            }
            _ => return,
        }
        // The same thing in the same direction once; both directions are two things to tell.
        let key = subject.key * 2 + u64::from(direction == Direction::LeftToRight);
        if self.told.has(key) {
            return;
        }
        self.told
            .add(key, Some(&subject.class), subject.region, cx.at);
        let mut about = About::subject(subject, at);
        about.with = with;
        about.detail.direction = Some(direction);
        facts.push(teller.fact(cx, Stage::Once, about));
    }

    pub(super) fn end(&mut self) {
        self.sides.clear();
    }
}

fn wrong_way_allows(rule: &Rule, direction: Direction) -> bool {
    use crate::model::detection::rule::Way;
    match &rule.what {
        What::WrongWay {
            way: Way::Across { allowed, .. },
        } => allowed.takes(direction),
        _ => true,
    }
}
