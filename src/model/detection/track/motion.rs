//! Where a box is and how it moves: for each of its middle's coordinates a Kalman filter of constant
//! velocity (white noise of acceleration; Bar-Shalom et al., 2001, section 6.2), the size smoothed.

use std::time::Duration;

use super::ASPECT;
use crate::model::detection::{Point, Region};

/// Acceleration that is usual, in sizes of the box per second squared.
const ACCELERATION: f32 = 0.25;
/// How far a model's box is off, in sizes of the box.
const OFF: f32 = 0.05;
/// How fast it may be at first, in sizes of the box a second.
const FIRST_SPEED: f32 = 1.0;
/// How much of a new size is believed.
const SIZE_GAIN: f32 = 0.4;

/// One coordinate: place, velocity, and how sure both are.
#[derive(Clone, Copy, Debug)]
struct Axis {
    place: f32,
    velocity: f32,
    /// Variances of place and velocity, and what they have in common.
    doubt: [f32; 3],
}

impl Axis {
    fn new(place: f32, side: f32, size: f32) -> Self {
        Self {
            place,
            velocity: 0.0,
            doubt: [(OFF * side).powi(2), (FIRST_SPEED * size).powi(2), 0.0],
        }
    }

    fn predict(&mut self, seconds: f32, size: f32) {
        let noise = (ACCELERATION * size).powi(2);
        let [place, velocity, both] = self.doubt;
        self.place += self.velocity * seconds;
        self.doubt = [
            place
                + 2.0 * seconds * both
                + seconds * seconds * velocity
                + noise * seconds.powi(4) / 4.0,
            velocity + noise * seconds * seconds,
            both + seconds * velocity + noise * seconds.powi(3) / 2.0,
        ];
    }

    fn correct(&mut self, seen: f32, size: f32) {
        let off = (OFF * size).powi(2).max(1e-10);
        let [place, velocity, both] = self.doubt;
        let whole = place + off;
        let (of_place, of_velocity) = (place / whole, both / whole);
        let wrong = seen - self.place;
        self.place += of_place * wrong;
        self.velocity += of_velocity * wrong;
        self.doubt = [
            (1.0 - of_place) * place,
            (velocity - of_velocity * both).max(0.0),
            (1.0 - of_place) * both,
        ];
    }
}

/// How large a box is in shares of the width and of the height: by its longer side both times, since
/// who walks moves across, however narrow.
fn sizes(region: &Region) -> (f32, f32) {
    let down = region.height().max(region.width() * ASPECT);
    (down / ASPECT, down)
}

/// The motion of one box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Motion {
    x: Axis,
    y: Axis,
    width: f32,
    height: f32,
    at: Duration,
    missed: u32,
}

impl Motion {
    pub(super) fn new(region: Region, at: Duration) -> Self {
        let centre = region.centre();
        let (across, down) = sizes(&region);
        Self {
            x: Axis::new(centre.x, region.width(), across),
            y: Axis::new(centre.y, region.height(), down),
            width: region.width(),
            height: region.height(),
            at,
            missed: 0,
        }
    }

    /// When it was seen last.
    pub(super) fn at(&self) -> Duration {
        self.at
    }

    /// Looks in a row that did not find it.
    pub(super) fn missed(&self) -> u32 {
        self.missed
    }

    pub(super) fn miss(&mut self) {
        self.missed = self.missed.saturating_add(1);
    }

    pub(super) fn velocity(&self) -> Point {
        Point {
            x: self.x.velocity,
            y: self.y.velocity,
        }
    }

    pub(super) fn region(&self) -> Region {
        self.predicted(Duration::ZERO)
    }

    /// Where it will be.
    pub(super) fn predicted(&self, passed: Duration) -> Region {
        let seconds = passed.as_secs_f32();
        let (x, y) = (
            self.x.place + self.x.velocity * seconds,
            self.y.place + self.y.velocity * seconds,
        );
        Region {
            left: x - self.width / 2.0,
            top: y - self.height / 2.0,
            right: x + self.width / 2.0,
            bottom: y + self.height / 2.0,
        }
    }

    pub(super) fn correct(&mut self, seen: Region, at: Duration) {
        let seconds = at.saturating_sub(self.at).as_secs_f32();
        let (width, height) = (seen.width(), seen.height());
        let (across, down) = sizes(&seen);
        self.x.predict(seconds, across);
        self.y.predict(seconds, down);
        let centre = seen.centre();
        self.x.correct(centre.x, width);
        self.y.correct(centre.y, height);
        self.width += (width - self.width) * SIZE_GAIN;
        self.height += (height - self.height) * SIZE_GAIN;
        self.at = at;
        self.missed = 0;
    }
}
