//! How near things are to each other, in shares of the picture's height.

use crate::model::detection::{Point, Region};

/// Middle to middle. `aspect` is the picture's width over its height.
pub(super) fn between(a: Point, b: Point, aspect: f32) -> f32 {
    ((a.x - b.x) * aspect).hypot(a.y - b.y)
}

/// Edge to edge; 0 where they meet.
pub(super) fn gap(a: &Region, b: &Region, aspect: f32) -> f32 {
    let x = (b.left - a.right).max(a.left - b.right).max(0.0);
    let y = (b.top - a.bottom).max(a.top - b.bottom).max(0.0);
    (x * aspect).hypot(y)
}

/// The longer side.
pub(super) fn size(region: &Region, aspect: f32) -> f32 {
    (region.width() * aspect).max(region.height())
}

/// Whether two regions may be of one thing that does not move.
pub(super) fn same_place(a: &Region, b: &Region) -> bool {
    a.iou(b) >= 0.25 || a.share_in(b) >= 0.6 || b.share_in(a) >= 0.6
}

/// Whether `cover` hides so much of `place` that nothing can be said of it.
pub(super) fn hides(cover: &Region, place: &Region) -> bool {
    place.share_in(cover) >= 0.3
}
