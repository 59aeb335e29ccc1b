//! One tile: where its picture goes, its name, its state. The picture itself is drawn by `gpu`.

use std::time::Duration;

use eframe::egui::{self, Color32, FontId, Rect, Stroke, StrokeKind, pos2, vec2};

use super::label::{Anchor, Label, Part};
use super::{counts, theme};
use crate::app::context::AppContext;
use crate::app::state::Stream;
use crate::gpu::{FeedKey, TileDraw};
use crate::model::camera::Camera;
use crate::model::condition::{self, Condition, Face, Mark, Reason, Shown};
use crate::model::layout;
use crate::store::settings::Fit;
use crate::words::Words;

/// What a tile shows now.
pub(super) struct Tile<'a> {
    pub(super) camera: &'a Camera,
    pub(super) stream: Option<&'a Stream>,
    pub(super) selected: bool,
    pub(super) large: bool,
}

impl Tile<'_> {
    /// The condition as it is shown; a tile whose stream is not open yet is connecting.
    pub(super) fn shown(&self, ctx: &AppContext<'_>) -> Shown {
        if let Some(stream) = self.stream {
            condition::shown(&stream.condition, stream.shown, ctx.now)
        } else {
            let condition = Condition::new(self.camera.service, ctx.now);
            Shown {
                age: None,
                ..condition::shown(&condition, None, ctx.now)
            }
        }
    }

    /// What the GPU draws in `cell` (points), if the feed has shown a picture.
    pub(super) fn draw(
        &self,
        ctx: &AppContext<'_>,
        cell: Rect,
        pixels_per_point: f32,
    ) -> Option<TileDraw> {
        let stream = self.stream?;
        stream.shown?;
        let (rect_px, uv) = place(ctx, stream.aspect, cell, pixels_per_point);
        let shown = self.shown(ctx);
        if shown.face == Face::Hidden {
            return None;
        }
        let stale = shown.is_stale();
        Some(TileDraw {
            feed: FeedKey(stream.key),
            rect_px,
            uv,
            picture: stream.picture.clone(),
            dim: if stale { theme::STALE_DIM } else { 1.0 },
            grey: if stale { theme::STALE_GREY } else { 0.0 },
        })
    }

    /// Name and state of the tile, to lie over the picture.
    pub(super) fn labels(
        &self,
        ctx: &AppContext<'_>,
        cell: Rect,
        pixels_per_point: f32,
        out: &mut Vec<(Label, Anchor)>,
    ) {
        let shown = self.shown(ctx);
        let px = |points: f32| (points * pixels_per_point).round() as i32;
        let room_px = [cell.width(), cell.height()].map(|side| px(side).max(1) as u32);
        let name = Label {
            lines: vec![self.name_line(ctx, cell, &shown)],
            margin_px: [px(4.0).max(1) as u32, px(1.0).max(1) as u32],
            room_px,
            ground: theme::SHADE,
        };
        out.push((name, Anchor::LeftBottom([px(cell.min.x), px(cell.max.y)])));
        if shown.face != Face::Hidden
            && let Some(text) = counts::tile_text(ctx, self.camera)
        {
            let counted = Label {
                lines: vec![vec![Part::new(
                    text,
                    self.name_size(cell) * 0.9,
                    false,
                    theme::TEXT,
                )]],
                margin_px: [px(4.0).max(1) as u32, px(1.0).max(1) as u32],
                room_px,
                ground: theme::SHADE,
            };
            out.push((counted, Anchor::RightTop([px(cell.max.x), px(cell.min.y)])));
        }
        if shown.face == Face::Marked {
            let state = Label {
                lines: vec![self.marked_line(ctx.words, self.name_size(cell), &shown)],
                margin_px: [px(4.0).max(1) as u32, px(1.0).max(1) as u32],
                room_px,
                ground: theme::SHADE,
            };
            out.push((state, Anchor::LeftTop([px(cell.min.x), px(cell.min.y)])));
        }
        if shown.is_stale() {
            let size = self.state_size(cell);
            let state = Label {
                lines: state_lines(ctx.words, size, &shown),
                margin_px: [px(6.0) as u32, px(size * 0.2) as u32],
                room_px,
                ground: theme::SHADE,
            };
            let middle = cell.center() - vec2(0.0, size * 0.4);
            out.push((state, Anchor::Middle([px(middle.x), px(middle.y)])));
        }
    }

    /// Sign, word and age of a state over a picture that is now; of a disturbed one the share of the
    /// last minute instead of the age.
    fn marked_line(&self, words: Words, size: f32, shown: &Shown) -> Vec<Part> {
        let colour = theme::tone(shown.tone);
        let mut line = vec![
            Part::new(sign(shown.mark), size, false, colour),
            Part::new(format!(" {}", words.get(shown.word)), size, true, colour),
        ];
        let age = shown.age.filter(|age| *age >= Duration::from_secs(1));
        let said = match (shown.mark, self.stream) {
            (Mark::Shaded, Some(stream)) => Some(stream.report.minute.disturbed_percent())
                .filter(|percent| *percent > 0)
                .map(|percent| words.with("disturbed-share", &[("percent", percent.into())])),
            _ => age.map(|age| age_text(words, age)),
        };
        if let Some(said) = said {
            line.push(Part::new(format!(" · {said}"), size, false, theme::TEXT));
        }
        line
    }

    /// The line round a tile without a picture, and round the selected one.
    pub(super) fn paint_frame(&self, painter: &egui::Painter, cell: Rect) {
        let has_picture = self.stream.is_some_and(|stream| stream.shown.is_some());
        let frame = |width: f32, colour: Color32| {
            painter.rect_stroke(cell, 0.0, Stroke::new(width, colour), StrokeKind::Inside);
        };
        if !has_picture {
            frame(1.0, theme::LINE);
        }
        if self.selected && !self.large {
            frame(2.0, theme::SELECTION);
        }
    }

    fn name_line(&self, ctx: &AppContext<'_>, cell: Rect, shown: &Shown) -> Vec<Part> {
        let size = self.name_size(cell);
        let language = ctx.words.language();
        let name = self.camera.name.get(language);
        let district = self.camera.district.get(language);
        let text = match (self.large, district.is_empty()) {
            (true, false) => format!(" {name} · {district}"),
            _ => format!(" {name}"),
        };
        let mark = sign(shown.mark);
        vec![
            Part::new(mark, size * 0.8, false, theme::tone(shown.tone)),
            Part::new(text, size, false, theme::TEXT),
        ]
    }

    fn name_size(&self, cell: Rect) -> f32 {
        if self.large {
            18.0
        } else {
            (cell.height() * 0.085).clamp(10.0, 14.0)
        }
    }

    fn state_size(&self, cell: Rect) -> f32 {
        if self.large {
            26.0
        } else {
            (cell.height() * 0.12).clamp(11.0, 18.0)
        }
    }

    /// What a screen reader, and a test, is told.
    pub(super) fn label(&self, ctx: &AppContext<'_>) -> String {
        let name = self.camera.name.get(ctx.words.language());
        format!("{name}: {}", ctx.words.get(self.shown(ctx).word))
    }
}

/// Why, in a word or two of the operator's language.
fn reason_word(words: Words, reason: &Reason, age: Option<Duration>) -> String {
    match reason {
        Reason::Silent => words.with(
            "reason-silent",
            &[("seconds", age.map_or(0, |age| age.as_secs()).into())],
        ),
        other => words.get(other.key()).into_owned(),
    }
}

/// Why, with all that is known of it, where there is room for a line.
pub(super) fn reason_text(words: Words, reason: &Reason, age: Option<Duration>) -> String {
    let mut text = reason_word(words, reason, age);
    if let Some(key) = reason.circumstance_key() {
        text = format!("{text} ({})", words.get(key));
    }
    if let Some(detail) = reason.detail() {
        text = format!("{text}: {detail}");
    }
    text
}

/// `12 s`, `3 min`, `2 h`.
pub(super) fn age_text(words: Words, age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=119 => words.with("age-seconds", &[("seconds", seconds.into())]),
        120..=7199 => words.with("age-minutes", &[("minutes", (seconds / 60).into())]),
        _ => words.with("age-hours", &[("hours", (seconds / 3600).into())]),
    }
}

/// Sign, word, reason and age of a state.
fn state_lines(words: Words, size: f32, shown: &Shown) -> Vec<Vec<Part>> {
    let colour = theme::tone(shown.tone);
    let small = |text: String| vec![Part::new(text, size * 0.8, false, theme::TEXT)];
    let mut lines = vec![
        vec![Part::new(sign(shown.mark), size * 1.2, false, colour)],
        vec![Part::new(words.get(shown.word), size, true, colour)],
    ];
    if let Some(reason) = &shown.reason {
        lines.push(small(reason_word(words, reason, shown.age)));
    }
    // How long it has been silent is told by the reason itself.
    let told = shown.reason == Some(Reason::Silent);
    let age = shown
        .age
        .filter(|age| !told && *age >= Duration::from_secs(1));
    if let Some(age) = age {
        lines.push(small(age_text(words, age)));
    }
    lines
}

/// Where a picture of `aspect` goes in `cell` (points): left, top, width, height in pixels of the
/// window, and which part of it is shown, 0..1.
pub(super) fn place(
    ctx: &AppContext<'_>,
    aspect: f32,
    cell: Rect,
    pixels_per_point: f32,
) -> ([f32; 4], [f32; 4]) {
    let cell = layout::Rect {
        x: cell.min.x,
        y: cell.min.y,
        w: cell.width(),
        h: cell.height(),
    };
    let (place, uv) = match ctx.state.settings.fit {
        Fit::Letterbox => (cell.letterboxed(aspect), [0.0, 0.0, 1.0, 1.0]),
        Fit::Crop => (cell, layout::crop_to(aspect, cell.w / cell.h)),
    };
    let px = |points: f32| (points * pixels_per_point).round();
    let (left, top) = (px(place.x), px(place.y));
    let size = [px(place.x + place.w) - left, px(place.y + place.h) - top];
    ([left, top, size[0], size[1]], uv)
}

/// The shape of a state: told apart without colour.
pub(super) fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Dot => "●",
        Mark::Ring => "○",
        Mark::Triangle => "▲",
        Mark::Cross => "✕",
        Mark::NoEntry => "⊘",
        Mark::Bars => "⏸",
        Mark::Shaded => "▩",
        Mark::Diamond => "◆",
        Mark::Square => "■",
        Mark::Hatched => "◍",
        Mark::Sideways => "↔",
        Mark::Half => "◑",
        Mark::QuarterDisc => "◔",
        Mark::OpenDiamond => "◇",
        Mark::Mask => "▨",
    }
}

/// The words of a wall without cameras.
pub(super) fn paint_empty(words: Words, painter: &egui::Painter, area: Rect) {
    let hint = words.with(
        "empty-no-cameras-hint",
        &[("command", "qyran wall --cameras FILE.csv".into())],
    );
    let lines = [
        (
            words.get("empty-no-cameras").into_owned(),
            20.0,
            theme::TEXT,
        ),
        (hint, 14.0, theme::TEXT_DIM),
    ];
    let mut top = area.center().y - 30.0;
    for (text, size, colour) in lines {
        let room = (area.width() - 40.0).max(60.0);
        let galley = painter.layout(text, FontId::proportional(size), colour, room);
        let below = galley.size().y + 8.0;
        painter.galley(
            pos2(area.center().x - galley.size().x / 2.0, top),
            galley,
            colour,
        );
        top += below;
    }
}
