//! Zones and lines on a picture, and the few questions that rules ask of them.
//!
//! **Sides of a line.** Stand at `from`, look to `to`, with the picture upright before you: what lies
//! at your left hand is the left side. As y grows downwards, [`Line::side`] is negative on the left
//! and positive on the right: for a line drawn from the left edge to the right one, left is above.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::model::detection::Point;

/// The most points of a zone.
pub const MOST_POINTS: usize = 64;
/// The least area of a zone, as a share of the picture's: some two pixels of 640 × 360.
pub const LEAST_AREA: f64 = 1e-5;
/// The least length of a line, as a share of the picture's width or height.
pub const LEAST_LENGTH: f64 = 0.01;
/// What counts as the same place, as a share of the picture.
const SAME: f64 = 1e-6;

/// A part of the picture within straight edges.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// What it is called; may be empty.
    #[serde(default)]
    pub name: String,
    /// Its corners in order; the last is joined to the first.
    pub points: Vec<Point>,
}

/// A line of two ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What it is called; may be empty.
    #[serde(default)]
    pub name: String,
    /// Where one stands to tell left from right.
    pub from: Point,
    /// Where one looks.
    pub to: Point,
}

/// In which direction a line is crossed; see the sides of a line above.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Any.
    #[default]
    Either,
    /// From the left-hand side to the right-hand side.
    LeftToRight,
    /// From the right-hand side to the left-hand side.
    RightToLeft,
}

impl Direction {
    /// Whether a crossing in direction `crossed` is one in this direction.
    pub fn takes(self, crossed: Self) -> bool {
        self == Self::Either || self == crossed
    }

    /// The other one.
    #[must_use]
    pub fn turned(self) -> Self {
        match self {
            Self::Either => Self::Either,
            Self::LeftToRight => Self::RightToLeft,
            Self::RightToLeft => Self::LeftToRight,
        }
    }

    /// The key of its words.
    pub fn key(self) -> &'static str {
        match self {
            Self::Either => "direction-either",
            Self::LeftToRight => "direction-left-to-right",
            Self::RightToLeft => "direction-right-to-left",
        }
    }
}

/// A vector between two points, y down.
fn apart(from: Point, to: Point) -> (f64, f64) {
    (
        f64::from(to.x) - f64::from(from.x),
        f64::from(to.y) - f64::from(from.y),
    )
}

/// Twice the area of the triangle; positive when `p` is at the right hand of who looks from `a` to
/// `b`, y down.
fn turn(a: Point, b: Point, p: Point) -> f64 {
    let (bx, by) = apart(a, b);
    let (px, py) = apart(a, p);
    bx * py - by * px
}

fn is_finite(point: Point) -> bool {
    point.x.is_finite() && point.y.is_finite()
}

fn is_same(a: Point, b: Point) -> bool {
    let (x, y) = apart(a, b);
    x.hypot(y) <= SAME
}

/// How far `p` is from the piece between `a` and `b`.
fn distance(a: Point, b: Point, p: Point) -> f64 {
    let (bx, by) = apart(a, b);
    let (px, py) = apart(a, p);
    let length = bx * bx + by * by;
    let along = if length > 0.0 {
        ((px * bx + py * by) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (px - along * bx).hypot(py - along * by)
}

/// Where between `a` (0) and `b` (1) the pieces `a`–`b` and `c`–`d` meet; they meet too where one
/// only touches the other. Nothing for pieces that lie along each other.
pub(crate) fn meets(a: Point, b: Point, c: Point, d: Point) -> Option<f64> {
    let (rx, ry) = apart(a, b);
    let (sx, sy) = apart(c, d);
    let (qx, qy) = apart(a, c);
    let cross = rx * sy - ry * sx;
    if cross.abs() < 1e-15 {
        return None;
    }
    let along = (qx * sy - qy * sx) / cross;
    let other = (qx * ry - qy * rx) / cross;
    let within = |share: f64| (-1e-9..=1.0 + 1e-9).contains(&share);
    (within(along) && within(other)).then_some(along.clamp(0.0, 1.0))
}

/// Whether two edges have a point in common, also when they lie along each other.
fn touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    meets(a, b, c, d).is_some()
        || [(a, b, c), (a, b, d), (c, d, a), (c, d, b)]
            .into_iter()
            .any(|(from, to, point)| distance(from, to, point) <= SAME)
}

impl Zone {
    /// The whole picture.
    pub fn whole() -> Self {
        Self::of(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    }

    /// Without a name.
    pub fn of(points: &[[f32; 2]]) -> Self {
        Self {
            name: String::new(),
            points: points.iter().map(|point| (*point).into()).collect(),
        }
    }

    /// The pairs of neighbouring corners.
    fn edges(&self) -> impl Iterator<Item = (Point, Point)> + Clone + '_ {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().copied().zip(next.copied())
    }

    /// Its area as a share of the picture's (the shoelace formula); that of a crossed one says little.
    pub fn area(&self) -> f64 {
        let twice: f64 = self
            .edges()
            .map(|(a, b)| f64::from(a.x) * f64::from(b.y) - f64::from(b.x) * f64::from(a.y))
            .sum();
        twice.abs() / 2.0
    }

    /// Whether a point lies in it or on an edge.
    pub fn holds(&self, point: Point) -> bool {
        if !is_finite(point) || self.points.len() < 3 {
            return false;
        }
        let mut inside = false;
        for (a, b) in self.edges() {
            if distance(a, b, point) <= SAME {
                return true;
            }
            // A ray to the right; a corner belongs to the edge below it only.
            if (a.y > point.y) != (b.y > point.y) {
                let (x, y) = apart(a, b);
                let at = f64::from(a.x) + (f64::from(point.y) - f64::from(a.y)) / y * x;
                if f64::from(point.x) < at {
                    inside = !inside;
                }
            }
        }
        inside
    }

    /// What is wrong with it. Points and edges are numbered from 0; edge `n` begins at point `n`.
    pub fn check(&self) -> Vec<Fault> {
        let count = self.points.len();
        if count < 3 {
            return vec![Fault::TooFewPoints { points: count }];
        }
        if count > MOST_POINTS {
            return vec![Fault::TooManyPoints { most: MOST_POINTS }];
        }
        let mut faults = Vec::new();
        for (point, at) in self.points.iter().enumerate() {
            if !is_finite(*at) {
                faults.push(Fault::PointNoNumber { point });
            } else if !in_picture(*at) {
                faults.push(Fault::PointOutside { point });
            }
        }
        if faults
            .iter()
            .any(|f| matches!(f, Fault::PointNoNumber { .. }))
        {
            return faults;
        }
        let edges: Vec<_> = self.edges().collect();
        for (edge, (a, b)) in edges.iter().enumerate() {
            if is_same(*a, *b) {
                faults.push(Fault::SamePoint {
                    first: edge,
                    second: (edge + 1) % count,
                });
            }
        }
        if !faults.iter().any(|f| matches!(f, Fault::SamePoint { .. })) {
            faults.extend(self.first_crossing(&edges));
        }
        if faults.is_empty() && self.area() < LEAST_AREA {
            faults.push(Fault::NoArea);
        }
        faults
    }

    fn first_crossing(&self, edges: &[(Point, Point)]) -> Option<Fault> {
        let count = edges.len();
        for (first, (a, b)) in edges.iter().enumerate() {
            for (second, (c, d)) in edges.iter().enumerate().skip(first + 1) {
                let follows = second == first + 1;
                let precedes = (second + 1) % count == first;
                let crosses = if follows || precedes {
                    // Neighbours share a corner; they may only fold back onto each other.
                    let (start, corner, end) = if follows { (*a, *b, *d) } else { (*c, *a, *b) };
                    let (x, y) = apart(corner, start);
                    let (u, v) = apart(corner, end);
                    let (near, far) = if x.hypot(y) < u.hypot(v) {
                        (start, end)
                    } else {
                        (end, start)
                    };
                    count > 3 && x * u + y * v > 0.0 && distance(corner, far, near) <= SAME
                } else {
                    touch(*a, *b, *c, *d)
                };
                if crosses {
                    return Some(Fault::Crosses { first, second });
                }
            }
        }
        None
    }

    /// The same with what can be mended without guessing: corners beside the picture are drawn to its
    /// edge, a corner twice in a row becomes one. What it crosses stays crossed, for [`Self::check`].
    #[must_use]
    pub fn mended(&self) -> Self {
        let mut points: Vec<Point> = Vec::with_capacity(self.points.len());
        for point in self.points.iter().filter(|point| is_finite(**point)) {
            let inside = Point {
                x: point.x.clamp(0.0, 1.0),
                y: point.y.clamp(0.0, 1.0),
            };
            if points.last().is_none_or(|last| !is_same(*last, inside)) {
                points.push(inside);
            }
        }
        while points.len() > 1 && is_same(points[0], points[points.len() - 1]) {
            points.pop();
        }
        Self {
            name: self.name.clone(),
            points,
        }
    }
}

fn in_picture(point: Point) -> bool {
    (0.0..=1.0).contains(&point.x) && (0.0..=1.0).contains(&point.y)
}

impl Line {
    /// Without a name.
    pub fn of(from: [f32; 2], to: [f32; 2]) -> Self {
        Self {
            name: String::new(),
            from: from.into(),
            to: to.into(),
        }
    }

    /// On which side of the endless line through both ends a point lies: negative at the left hand,
    /// positive at the right hand of who looks from `from` to `to`; its size is the distance in shares
    /// of the picture. 0 for a line without a length.
    pub fn side(&self, point: Point) -> f64 {
        let (x, y) = apart(self.from, self.to);
        let length = x.hypot(y);
        if length > 0.0 {
            turn(self.from, self.to, point) / length
        } else {
            0.0
        }
    }

    /// Where between `a` (0) and `b` (1) a move cuts it.
    pub fn cut_by(&self, a: Point, b: Point) -> Option<f64> {
        meets(a, b, self.from, self.to)
    }

    /// What is wrong with it; its ends are points 0 and 1.
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (point, at) in [self.from, self.to].into_iter().enumerate() {
            if !is_finite(at) {
                faults.push(Fault::PointNoNumber { point });
            } else if !in_picture(at) {
                faults.push(Fault::PointOutside { point });
            }
        }
        let (x, y) = apart(self.from, self.to);
        if faults.is_empty() && x.hypot(y) < LEAST_LENGTH {
            faults.push(Fault::LineTooShort);
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f32; 2]; 4] = [[0.2, 0.2], [0.6, 0.2], [0.6, 0.6], [0.2, 0.6]];
    /// A letter U.
    const HOLLOW: [[f32; 2]; 8] = [
        [0.1, 0.1],
        [0.3, 0.1],
        [0.3, 0.7],
        [0.6, 0.7],
        [0.6, 0.1],
        [0.8, 0.1],
        [0.8, 0.9],
        [0.1, 0.9],
    ];

    #[test]
    fn a_point_is_in_a_zone_with_its_edges() {
        let check = |points: &[[f32; 2]], at: [f32; 2], expect: bool| {
            assert_eq!(Zone::of(points).holds(at.into()), expect, "{at:?}");
            let mut turned = points.to_vec();
            turned.reverse();
            assert_eq!(Zone::of(&turned).holds(at.into()), expect, "turned, {at:?}");
        };
        for (at, expect) in [
            ([0.4, 0.4], true),
            ([0.2, 0.4], true),
            ([0.6, 0.4], true),
            ([0.4, 0.2], true),
            ([0.4, 0.6], true),
            ([0.2, 0.2], true),
            ([0.6, 0.6], true),
            ([0.1, 0.4], false),
            ([0.7, 0.4], false),
            ([0.4, 0.1], false),
            ([0.4, 0.7], false),
            ([0.1, 0.2], false),
            ([0.7, 0.6], false),
            ([f32::NAN, 0.4], false),
            ([0.4, f32::INFINITY], false),
        ] {
            check(&SQUARE, at, expect);
        }
        for (at, expect) in [
            ([0.2, 0.3], true),
            ([0.45, 0.3], false),
            ([0.45, 0.7], true),
            ([0.7, 0.7], true),
            ([0.7, 0.1], true),
            ([0.45, 0.1], false),
            ([0.9, 0.7], false),
        ] {
            check(&HOLLOW, at, expect);
        }
        assert!(!Zone::of(&[[0.0, 0.0], [1.0, 1.0]]).holds([0.5, 0.5].into()));
    }

    #[test]
    fn what_is_wrong_with_a_zone_names_the_point() {
        let check = |points: &[[f32; 2]], expect: &[Fault]| {
            assert_eq!(Zone::of(points).check(), expect, "{points:?}");
        };
        check(&SQUARE, &[]);
        check(&HOLLOW, &[]);
        check(&[], &[Fault::TooFewPoints { points: 0 }]);
        check(
            &[[0.1, 0.1], [0.2, 0.2]],
            &[Fault::TooFewPoints { points: 2 }],
        );
        check(
            &[[0.1, 0.1]; MOST_POINTS + 1],
            &[Fault::TooManyPoints { most: MOST_POINTS }],
        );
        check(
            &[[0.1, 0.1], [0.9, 0.1], [0.9, f32::NAN]],
            &[Fault::PointNoNumber { point: 2 }],
        );
        check(
            &[[0.1, 0.1], [1.2, 0.1], [0.9, 0.9]],
            &[Fault::PointOutside { point: 1 }],
        );
        check(
            &[[0.1, 0.1], [0.1, 0.1], [0.9, 0.1], [0.9, 0.9]],
            &[Fault::SamePoint {
                first: 0,
                second: 1,
            }],
        );
        // A bow tie, an edge through a corner, one along another, and one that folds back.
        check(
            &[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]],
            &[Fault::Crosses {
                first: 0,
                second: 2,
            }],
        );
        check(
            &[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.5, 0.1], [0.1, 0.9]],
            &[Fault::Crosses {
                first: 0,
                second: 2,
            }],
        );
        check(
            &[[0.1, 0.1], [0.9, 0.1], [0.5, 0.1], [0.5, 0.9]],
            &[Fault::Crosses {
                first: 0,
                second: 1,
            }],
        );
        check(&[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]], &[Fault::NoArea]);
    }

    #[test]
    fn mending_guesses_nothing() {
        let outside = Zone::of(&[[-0.2, 0.1], [1.2, 0.1], [1.2, 0.1], [0.5, 1.5]]);
        let mended = outside.mended();
        assert_eq!(mended, Zone::of(&[[0.0, 0.1], [1.0, 0.1], [0.5, 1.0]]));
        assert_eq!(mended.check(), []);
        let bow = Zone::of(&[[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]);
        assert_eq!(bow.mended(), bow);
        assert_eq!(Zone::of(&[[0.1, 0.1]; 5]).mended().points.len(), 1);
        assert_eq!(Zone::of(&[[f32::NAN, 0.0]; 3]).mended().points, []);
    }

    #[test]
    fn left_is_at_the_left_hand() {
        // From the left edge to the right one: left is above, so downwards is left to right.
        let across = Line::of([0.0, 0.5], [1.0, 0.5]);
        assert!((across.side([0.5, 0.2].into()) + 0.3).abs() < 1e-6);
        assert!((across.side([0.5, 0.8].into()) - 0.3).abs() < 1e-6);
        // From the bottom to the top: left is left.
        let up = Line::of([0.5, 1.0], [0.5, 0.0]);
        assert!(up.side([0.2, 0.5].into()) < 0.0);
        assert!(up.side([0.8, 0.5].into()) > 0.0);
        assert_eq!(Line::default().side([0.8, 0.5].into()), 0.0);
    }

    #[test]
    fn a_line_is_cut_between_its_ends_only() {
        let line = Line::of([0.2, 0.5], [0.8, 0.5]);
        let cut = |a: [f32; 2], b: [f32; 2]| line.cut_by(a.into(), b.into());
        let at = cut([0.5, 0.4], [0.5, 0.8]).expect("a cut");
        assert!((at - 0.25).abs() < 1e-5);
        assert_eq!(cut([0.1, 0.4], [0.1, 0.6]), None);
        assert_eq!(cut([0.5, 0.1], [0.5, 0.4]), None);
        assert_eq!(cut([0.1, 0.5], [0.9, 0.5]), None, "along it");
        assert!(cut([0.2, 0.4], [0.2, 0.6]).is_some(), "at its end");
    }

    #[test]
    fn a_line_has_two_ends() {
        let check = |line: Line, expect: &[Fault]| assert_eq!(line.check(), expect, "{line:?}");
        check(Line::of([0.0, 0.5], [1.0, 0.5]), &[]);
        check(Line::of([0.5, 0.5], [0.5, 0.5]), &[Fault::LineTooShort]);
        check(
            Line::of([0.0, 0.5], [1.5, 0.5]),
            &[Fault::PointOutside { point: 1 }],
        );
        check(
            Line::of([f32::NAN, 0.5], [1.0, 0.5]),
            &[Fault::PointNoNumber { point: 0 }],
        );
    }
}
