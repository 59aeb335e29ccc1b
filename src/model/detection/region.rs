//! Where in a picture something is, in shares of the upright picture: 0 is left or top, 1 is right
//! or bottom, whatever the picture's size.

use serde::{Deserialize, Serialize};

/// A point of a picture, in shares of its width and height; outside 0..1 it lies beside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 2]", into = "[f32; 2]")]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

impl From<[f32; 2]> for Point {
    fn from([x, y]: [f32; 2]) -> Self {
        Self { x, y }
    }
}

impl From<Point> for [f32; 2] {
    fn from(point: Point) -> Self {
        [point.x, point.y]
    }
}

/// An upright rectangle of a picture, in shares of its width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct Region {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Right edge, not left of the left one.
    pub right: f32,
    /// Bottom edge, not above the top one.
    pub bottom: f32,
}

impl From<[f32; 4]> for Region {
    fn from([left, top, right, bottom]: [f32; 4]) -> Self {
        Self {
            left,
            top,
            right,
            bottom,
        }
    }
}

impl From<Region> for [f32; 4] {
    fn from(region: Region) -> Self {
        [region.left, region.top, region.right, region.bottom]
    }
}

impl Region {
    /// The whole picture.
    pub const WHOLE: Self = Self {
        left: 0.0,
        top: 0.0,
        right: 1.0,
        bottom: 1.0,
    };

    /// All four are numbers, and the edges are in order with something between them.
    pub fn is_sound(&self) -> bool {
        let edges: [f32; 4] = (*self).into();
        edges.iter().all(|edge| edge.is_finite())
            && self.left < self.right
            && self.top < self.bottom
    }

    /// As much of it as lies in the picture.
    #[must_use]
    pub fn within_picture(&self) -> Self {
        Self {
            left: self.left.clamp(0.0, 1.0),
            top: self.top.clamp(0.0, 1.0),
            right: self.right.clamp(0.0, 1.0),
            bottom: self.bottom.clamp(0.0, 1.0),
        }
    }

    /// Width, as a share of the picture's.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Height, as a share of the picture's.
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Area, as a share of the picture's; 0 for what is not in order.
    pub fn area(&self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// Its middle.
    pub fn centre(&self) -> Point {
        Point {
            x: f32::midpoint(self.left, self.right),
            y: f32::midpoint(self.top, self.bottom),
        }
    }

    /// The middle of its lower edge: where somebody stands.
    pub fn foot(&self) -> Point {
        Point {
            x: f32::midpoint(self.left, self.right),
            y: self.bottom,
        }
    }

    /// What both have in common; of no area where they do not meet.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The smallest that holds both.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Intersection over union, 0..1 (Jaccard).
    pub fn iou(&self, other: &Self) -> f32 {
        let common = self.common(other).area();
        let all = self.area() + other.area() - common;
        if all > 0.0 { common / all } else { 0.0 }
    }

    /// The share of it that lies in `other`, 0..1.
    pub fn share_in(&self, other: &Self) -> f32 {
        let area = self.area();
        if area > 0.0 {
            self.common(other).area() / area
        } else {
            0.0
        }
    }

    /// The region of the whole picture that is `self` within the part `of` it.
    #[must_use]
    pub fn placed_in(&self, of: &Self) -> Self {
        Self {
            left: of.left + self.left * of.width(),
            top: of.top + self.top * of.height(),
            right: of.left + self.right * of.width(),
            bottom: of.top + self.bottom * of.height(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(edges: [f32; 4]) -> Region {
        edges.into()
    }

    #[test]
    fn overlap_is_measured_over_the_union() {
        let a = region([0.0, 0.0, 0.2, 0.2]);
        assert!((a.iou(&a) - 1.0).abs() < 1e-6);
        let half = region([0.1, 0.0, 0.3, 0.2]);
        assert!((a.iou(&half) - 1.0 / 3.0).abs() < 1e-5);
        let apart = region([0.5, 0.5, 0.6, 0.6]);
        assert_eq!(a.iou(&apart), 0.0);
        assert_eq!(a.iou(&region([0.1, 0.1, 0.1, 0.1])), 0.0, "no area");
        let small = region([0.15, 0.15, 0.25, 0.25]);
        assert!((small.share_in(&a) - 0.25).abs() < 1e-4);
    }

    #[test]
    fn what_is_found_in_a_part_is_placed_in_the_whole() {
        let part = region([0.5, 0.25, 1.0, 0.75]);
        let found = region([0.5, 0.0, 1.0, 0.5]);
        assert_eq!(found.placed_in(&part), region([0.75, 0.25, 1.0, 0.5]));
        assert_eq!(found.placed_in(&Region::WHOLE), found);
    }

    #[test]
    fn only_an_area_of_numbers_is_sound() {
        assert!(Region::WHOLE.is_sound());
        for bad in [
            [0.0, 0.0, 0.0, 1.0],
            [0.5, 0.0, 0.4, 1.0],
            [f32::NAN, 0.0, 1.0, 1.0],
            [0.0, 0.0, f32::INFINITY, 1.0],
        ] {
            assert!(!region(bad).is_sound(), "{bad:?}");
        }
    }
}
