//! What the detectors see, drawn over the pictures: thin boxes while they are fresh, with the class
//! where there is room for a word.

use std::time::{Duration, Instant};

use eframe::egui::{self, Align2, Color32, FontId, Rect, Stroke, StrokeKind, pos2, vec2};

use super::theme;
use crate::app::context::AppContext;
use crate::app::eyes::Eyes;
use crate::detect::Observation;
use crate::model::detection::Region;
use crate::model::detection::track::{State, Track};

/// The box of what moves is drawn for so long after the look that saw it: longer it would be a guess …
const MOVING_LASTS: Duration = Duration::from_millis(1600);
/// … and of what stands still for so long.
const STILL_LASTS: Duration = Duration::from_secs(4);
/// What is framed. The models know more kinds of things than anybody in a street asks for, and take
/// snow for a keyboard; rules may look for any of them.
const FRAMED: [&str; 16] = [
    "person",
    "bicycle",
    "car",
    "motorcycle",
    "bus",
    "truck",
    "dog",
    "horse",
    "cow",
    "sheep",
    "backpack",
    "handbag",
    "suitcase",
    "knife",
    "scissors",
    "baseball bat",
];
/// What fills more of the picture than this is the scene, not a thing in it.
const MOST_OF_PICTURE: f32 = 0.7;
/// A box lower than this has no word, points.
const WORD_HEIGHT: f32 = 40.0;
/// Size of the words, points.
const WORD_SIZE: f32 = 11.0;

/// Draws the boxes of `observation` into the picture that fills `picture` (points), of which the
/// part `uv` (left, top, right, bottom in shares) is shown. `shown` is when that picture arrived.
///
/// What reaches beyond the picture is cut off here: with the painter's clip set for each picture the boxes
/// of a wall would be as many draws, which a rasteriser in software pays for one by one.
pub(super) fn paint(
    ctx: &AppContext<'_>,
    painter: &egui::Painter,
    (observation, shown): (&Observation, Instant),
    picture: Rect,
    uv: [f32; 4],
) {
    // Boxes belong to the picture that is shown, which may be a little older than now.
    let age = shown.saturating_duration_since(observation.arrival);
    let eyes = &ctx.state.eyes;
    for track in observation
        .tracks
        .iter()
        .filter(|track| is_shown(track, age))
    {
        let region = track.at(observation.at + age);
        let Some(rect) = place(&region, picture, uv) else {
            continue;
        };
        // A dark line under the light one: seen on snow and on asphalt.
        let dark = Stroke::new(3.0, Color32::from_black_alpha(110));
        painter.rect_stroke(rect, 0.0, dark, StrokeKind::Middle);
        let light = Stroke::new(1.0, theme::TEXT);
        painter.rect_stroke(rect, 0.0, light, StrokeKind::Middle);
        if rect.height() >= WORD_HEIGHT {
            paint_word(ctx, painter, eyes, (track, rect), picture);
        }
    }
}

fn paint_word(
    ctx: &AppContext<'_>,
    painter: &egui::Painter,
    eyes: &Eyes,
    (track, rect): (&Track, Rect),
    picture: Rect,
) {
    let word = eyes.class_name(&track.class, ctx.words.language());
    let font = FontId::proportional(WORD_SIZE);
    let galley = painter.layout_no_wrap(word, font, theme::TEXT);
    let size = galley.size() + vec2(6.0, 0.0);
    let above = rect.left_top() - vec2(0.0, size.y + 1.0);
    if size.x > picture.width() {
        return;
    }
    let left = above.x.clamp(picture.left(), picture.right() - size.x);
    let at = pos2(left, above.y.max(picture.top()));
    let ground = Align2::LEFT_TOP.anchor_size(at, size);
    painter.rect_filled(ground, 0.0, theme::SHADE);
    painter.galley(ground.left_top() + vec2(3.0, 0.0), galley, theme::TEXT);
}

/// What has been seen once only may be a mistake; what is lost, or moved on long ago, is a guess.
fn is_shown(track: &Track, age: Duration) -> bool {
    let lasts = if track.still_since.is_some() {
        STILL_LASTS
    } else {
        MOVING_LASTS
    };
    track.state == State::Confirmed
        && age <= lasts
        && FRAMED.contains(&track.class.as_str())
        && track.region.within_picture().area() <= MOST_OF_PICTURE
}

/// Where a region of the whole picture is on the screen; nothing when it is not there.
fn place(region: &Region, picture: Rect, [left, top, right, bottom]: [f32; 4]) -> Option<Rect> {
    let (across, down) = ((right - left).max(1e-3), (bottom - top).max(1e-3));
    let x = |share: f32| picture.left() + (share - left) / across * picture.width();
    let y = |share: f32| picture.top() + (share - top) / down * picture.height();
    let rect = Rect::from_min_max(
        pos2(x(region.left), y(region.top)),
        pos2(x(region.right), y(region.bottom)),
    );
    let seen = rect.is_finite() && rect.intersects(picture);
    seen.then(|| rect.intersect(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_placed_in_the_part_that_is_shown() {
        let picture = Rect::from_min_max(pos2(100.0, 50.0), pos2(300.0, 150.0));
        let region = Region::from([0.5, 0.5, 0.75, 1.0]);
        let whole = place(&region, picture, [0.0, 0.0, 1.0, 1.0]).expect("there");
        assert_eq!(whole.min, pos2(200.0, 100.0));
        assert_eq!(whole.max, pos2(250.0, 150.0));
        let part = place(&region, picture, [0.25, 0.0, 0.75, 1.0]).expect("there");
        assert_eq!((part.left(), part.right()), (200.0, 300.0));
        assert_eq!(place(&region, picture, [0.0, 0.0, 0.4, 1.0]), None, "cut");
        let beyond = Region::from([0.75, -0.5, 1.5, 0.5]);
        let seen = place(&beyond, picture, [0.0, 0.0, 1.0, 1.0]).expect("there");
        assert_eq!(
            (seen.min, seen.max),
            (pos2(250.0, 50.0), pos2(300.0, 100.0))
        );
        let broken = Region::from([f32::NAN, 0.0, 1.0, 1.0]);
        assert_eq!(place(&broken, picture, [0.0, 0.0, 1.0, 1.0]), None);
    }
}
