//! Changing the shapes of a rule, point by point: what mouse and keyboard do on the picture.
//!
//! All of it keeps to the picture and to what a shape must have; whether the result is a rule without
//! fault [`Rule::check`](super::Rule::check) says.

use super::shape::MOST_POINTS;
use super::{Direction, Kind, Line, Way, What, Zone};
use crate::model::detection::Point;

/// One of the two shapes that a rule may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Its zone.
    Zone,
    /// Its line or arrow.
    Line,
}

/// A point of a shape: a corner of the zone, or an end of the line (0 is where one stands).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Of which shape.
    pub shape: Shape,
    /// Which point.
    pub index: usize,
}

/// A zone has at least so many corners.
const LEAST_POINTS: usize = 3;

/// A new rule of a kind, with its shapes in the middle of the picture.
pub fn blank(kind: Kind) -> What {
    let zone = Zone::of(&[[0.3, 0.4], [0.7, 0.4], [0.75, 0.85], [0.25, 0.85]]);
    let line = Line::of([0.2, 0.6], [0.8, 0.6]);
    let arrow = Line::of([0.5, 0.8], [0.5, 0.45]);
    let direction = Direction::Either;
    match kind {
        Kind::Zone => What::Zone { zone },
        Kind::Line => What::Line { line, direction },
        Kind::Counting => What::Counting { line },
        Kind::Dwell => What::Dwell {
            zone,
            seconds: 60.0,
        },
        Kind::Count => What::Count { zone },
        Kind::Crowd => What::Crowd {
            zone,
            over: 15,
            seconds: 20.0,
        },
        Kind::WrongWay => What::WrongWay {
            way: Way::Along { zone, arrow },
        },
        Kind::Left => What::Left {
            zone,
            seconds: 60.0,
        },
        Kind::Removed => What::Removed {
            zone,
            seconds: 60.0,
        },
        Kind::Litter => What::Litter {
            zone,
            seconds: 20.0,
        },
        Kind::Yield => What::Yield {
            zone,
            line,
            direction,
        },
        Kind::Closed => What::Closed { zone },
        Kind::Stopped => What::Stopped {
            zone,
            seconds: 60.0,
        },
        Kind::Blade => What::Blade {
            zone: Zone::whole(),
        },
    }
}

/// All points that can be moved, in their order: the zone's, then the line's.
pub fn handles(what: &What) -> Vec<(Handle, Point)> {
    let zone = what.zone().map_or(&[][..], |zone| &zone.points);
    let zone = zone.iter().enumerate().map(|(index, at)| {
        let shape = Shape::Zone;
        (Handle { shape, index }, *at)
    });
    let line = what.line().into_iter().flat_map(|line| {
        let shape = Shape::Line;
        [line.from, line.to]
            .into_iter()
            .enumerate()
            .map(move |(index, at)| (Handle { shape, index }, at))
    });
    zone.chain(line).collect()
}

/// The handle so many after `from` (before it when negative), round and round.
pub fn next(what: &What, from: Option<Handle>, steps: isize) -> Option<Handle> {
    let all = handles(what);
    let count = isize::try_from(all.len()).ok().filter(|count| *count > 0)?;
    let here = from.and_then(|from| all.iter().position(|(handle, _)| *handle == from));
    let index = match here {
        Some(here) => (here as isize + steps).rem_euclid(count),
        None => 0,
    };
    all.get(index as usize).map(|(handle, _)| *handle)
}

fn point_mut(what: &mut What, handle: Handle) -> Option<&mut Point> {
    match handle.shape {
        Shape::Zone => what.zone_mut()?.points.get_mut(handle.index),
        Shape::Line => {
            let line = what.line_mut()?;
            match handle.index {
                0 => Some(&mut line.from),
                1 => Some(&mut line.to),
                _ => None,
            }
        }
    }
}

/// Moves a point, as far as the picture goes.
pub fn move_to(what: &mut What, handle: Handle, to: Point) {
    if let Some(point) = point_mut(what, handle)
        && to.x.is_finite()
        && to.y.is_finite()
    {
        *point = Point {
            x: to.x.clamp(0.0, 1.0),
            y: to.y.clamp(0.0, 1.0),
        };
    }
}

/// Moves a point by shares of the picture.
pub fn nudge(what: &mut What, handle: Handle, by: Point) {
    if let Some(point) = point_mut(what, handle).copied() {
        let to = Point {
            x: point.x + by.x,
            y: point.y + by.y,
        };
        move_to(what, handle, to);
    }
}

/// Moves a whole shape by shares of the picture; it stops at the edge and keeps its form.
pub fn move_all(what: &mut What, shape: Shape, by: Point) {
    let of_shape = |(handle, at): (Handle, Point)| (handle.shape == shape).then_some((handle, at));
    let points: Vec<(Handle, Point)> = handles(what).into_iter().filter_map(of_shape).collect();
    let held = |by: f32, of: fn(&Point) -> f32| {
        let least = points.iter().map(|(_, at)| of(at)).fold(1.0, f32::min);
        let most = points.iter().map(|(_, at)| of(at)).fold(0.0, f32::max);
        by.max(-least).min(1.0 - most)
    };
    if points.is_empty() || !by.x.is_finite() || !by.y.is_finite() {
        return;
    }
    let by = Point {
        x: held(by.x, |at| at.x),
        y: held(by.y, |at| at.y),
    };
    for (handle, _) in points {
        nudge(what, handle, by);
    }
}

/// The middles of the zone's edges: the index of the corner before, and where.
pub fn middles(what: &What) -> Vec<(usize, Point)> {
    let points = what.zone().map_or(&[][..], |zone| &zone.points);
    if points.len() < 2 || points.len() >= MOST_POINTS {
        return Vec::new();
    }
    (0..points.len())
        .map(|index| {
            let (a, b) = (points[index], points[(index + 1) % points.len()]);
            let middle = Point {
                x: f32::midpoint(a.x, b.x),
                y: f32::midpoint(a.y, b.y),
            };
            (index, middle)
        })
        .collect()
}

/// Puts a corner into the edge behind the corner `after`; nothing where the zone has enough.
pub fn add(what: &mut What, after: usize) -> Option<Handle> {
    let (_, at) = middles(what)
        .into_iter()
        .find(|(index, _)| *index == after)?;
    let index = after + 1;
    what.zone_mut()?.points.insert(index, at);
    Some(Handle {
        shape: Shape::Zone,
        index,
    })
}

/// Takes a corner out; false where it is no corner or no area would be left.
pub fn remove(what: &mut What, handle: Handle) -> bool {
    let Some(zone) = what.zone_mut().filter(|_| handle.shape == Shape::Zone) else {
        return false;
    };
    if zone.points.len() <= LEAST_POINTS || handle.index >= zone.points.len() {
        return false;
    }
    zone.points.remove(handle.index);
    true
}

/// Turns the line round: its left becomes its right.
pub fn turn(what: &mut What) {
    if let Some(line) = what.line_mut() {
        std::mem::swap(&mut line.from, &mut line.to);
    }
}

/// Its direction, if its kind has one.
pub fn direction_mut(what: &mut What) -> Option<&mut Direction> {
    match what {
        What::Line { direction, .. } | What::Yield { direction, .. } => Some(direction),
        What::WrongWay {
            way: Way::Across { allowed, .. },
        } => Some(allowed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::camera::CameraId;
    use crate::model::detection::rule::{Rule, RuleId};

    fn at(x: f32, y: f32) -> Point {
        Point { x, y }
    }

    #[test]
    fn a_new_rule_of_every_kind_has_no_fault() {
        for kind in Kind::ALL {
            let camera = CameraId::new("c").expect("an id");
            let rule = Rule::new(RuleId::new("r"), camera, blank(kind));
            assert_eq!(rule.kind(), kind);
            assert_eq!(rule.check(), [], "{kind:?}");
            assert!(handles(&rule.what).len() >= 2);
        }
    }

    #[test]
    fn points_keep_to_the_picture() {
        let mut what = blank(Kind::Yield);
        let all = handles(&what);
        assert_eq!(all.len(), 6, "four corners and two ends");
        let (corner, end) = (all[1].0, all[5].0);
        move_to(&mut what, corner, at(1.7, -0.2));
        assert_eq!(handles(&what)[1].1, at(1.0, 0.0));
        move_to(&mut what, end, at(f32::NAN, 0.5));
        assert_eq!(handles(&what)[5].1, at(0.8, 0.6), "no place");
        nudge(&mut what, end, at(-0.01, 0.02));
        assert_eq!(handles(&what)[5].1, at(0.8 - 0.01, 0.6 + 0.02));
        let none = Handle {
            shape: Shape::Zone,
            index: 9,
        };
        let before = what.clone();
        nudge(&mut what, none, at(0.1, 0.1));
        assert_eq!(what, before);
    }

    #[test]
    fn a_shape_that_is_moved_keeps_its_form() {
        let mut what = blank(Kind::Zone);
        let form = |what: &What| {
            let all = handles(what);
            let first = all[0].1;
            let apart = |p: Point| ((p.x - first.x) * 1e4, (p.y - first.y) * 1e4);
            let rounded = |(x, y): (f32, f32)| (x.round(), y.round());
            all.iter()
                .map(|(_, p)| rounded(apart(*p)))
                .collect::<Vec<_>>()
        };
        let before = form(&what);
        move_all(&mut what, Shape::Zone, at(5.0, -5.0));
        assert_eq!(form(&what), before);
        let points = handles(&what);
        assert!(points.iter().any(|(_, p)| p.x > 0.999));
        assert!(points.iter().any(|(_, p)| p.y < 0.001));
        let still = what.clone();
        move_all(&mut what, Shape::Line, at(0.1, 0.1));
        assert_eq!(what, still, "it has no line");
    }

    #[test]
    fn corners_are_added_and_taken_out() {
        let mut what = blank(Kind::Zone);
        assert_eq!(middles(&what).len(), 4);
        let new = add(&mut what, 3).expect("room");
        assert_eq!((new.index, handles(&what).len()), (4, 5));
        assert_eq!(
            handles(&what)[4].1,
            at(0.275, 0.625),
            "between the last and the first"
        );
        assert!(remove(&mut what, new));
        assert!(remove(&mut what, Handle { index: 0, ..new }));
        assert!(!remove(&mut what, Handle { index: 0, ..new }), "three stay");
        while add(&mut what, 0).is_some() {}
        assert_eq!(handles(&what).len(), MOST_POINTS);
        let mut line = blank(Kind::Counting);
        let end = handles(&line)[0].0;
        assert!(!remove(&mut line, end) && add(&mut line, 0).is_none());
    }

    #[test]
    fn handles_follow_each_other_round_and_round() {
        let what = blank(Kind::Yield);
        let first = next(&what, None, 1);
        assert_eq!(first, Some(handles(&what)[0].0));
        assert_eq!(next(&what, first, -1), Some(handles(&what)[5].0));
        assert_eq!(next(&what, next(&what, first, -1), 1), first);
        let mut turned = what.clone();
        turn(&mut turned);
        assert_eq!(turned.line().map(|l| l.from), what.line().map(|l| l.to));
    }
}
