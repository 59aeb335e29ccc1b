//! One tile: where its picture goes, its name, its state. The picture itself is drawn by `gpu`.

use std::time::Duration;

use eframe::egui::{self, Color32, FontId, Pos2, Rect, Stroke, StrokeKind, pos2, vec2};

use super::theme;
use crate::app::context::AppContext;
use crate::app::state::Stream;
use crate::gpu::{FeedKey, TileDraw};
use crate::model::camera::Camera;
use crate::model::condition::{self, Mark, Reason, Shown, Tone};
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
        match self.stream {
            Some(stream) => condition::shown(&stream.condition, stream.shown, ctx.now),
            None => Shown {
                mark: Mark::Ring,
                tone: Tone::Note,
                word: "link-connecting",
                reason: None,
                age: None,
                stale: true,
            },
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
        let cell = layout::Rect {
            x: cell.min.x,
            y: cell.min.y,
            w: cell.width(),
            h: cell.height(),
        };
        let (place, uv) = match ctx.state.settings.fit {
            Fit::Letterbox => (cell.letterboxed(stream.aspect), [0.0, 0.0, 1.0, 1.0]),
            Fit::Crop => (cell, layout::crop_to(stream.aspect, cell.w / cell.h)),
        };
        let stale = self.shown(ctx).stale;
        let px = |points: f32| (points * pixels_per_point).round();
        let (left, top) = (px(place.x), px(place.y));
        Some(TileDraw {
            feed: FeedKey(stream.key),
            rect_px: [
                left,
                top,
                px(place.x + place.w) - left,
                px(place.y + place.h) - top,
            ],
            uv,
            picture: stream.picture.clone(),
            dim: if stale { theme::STALE_DIM } else { 1.0 },
            grey: if stale { theme::STALE_GREY } else { 0.0 },
        })
    }

    /// Name, state and frame of the tile, over the picture.
    pub(super) fn paint(&self, ctx: &AppContext<'_>, painter: &egui::Painter, cell: Rect) {
        // Plates of several lines are taller than the smallest cells.
        let painter = &painter.with_clip_rect(cell);
        let shown = self.shown(ctx);
        let has_picture = self.stream.is_some_and(|stream| stream.shown.is_some());
        if !has_picture {
            painter.rect_stroke(cell, 0.0, Stroke::new(1.0, theme::LINE), StrokeKind::Inside);
        }
        self.paint_name(ctx, painter, cell, &shown);
        if shown.stale {
            self.paint_state(ctx.words, painter, cell, &shown);
        }
        if self.selected && !self.large {
            painter.rect_stroke(
                cell,
                0.0,
                Stroke::new(2.0, theme::SELECTION),
                StrokeKind::Inside,
            );
        }
    }

    fn paint_name(&self, ctx: &AppContext<'_>, painter: &egui::Painter, cell: Rect, shown: &Shown) {
        let size = if self.large {
            18.0
        } else {
            (cell.height() * 0.085).clamp(10.0, 14.0)
        };
        let language = ctx.words.language();
        let name = self.camera.name.get(language);
        let district = self.camera.district.get(language);
        let text = match (self.large, district.is_empty()) {
            (true, false) => format!("{name} · {district}"),
            _ => name.to_owned(),
        };
        let room = cell.width() - size * 2.2;
        let galley = one_line(
            painter,
            &text,
            FontId::proportional(size),
            theme::TEXT,
            room,
        );
        let height = galley.size().y + 2.0;
        let strip = Rect::from_min_size(
            pos2(cell.min.x, cell.max.y - height),
            vec2((galley.size().x + size * 1.9).min(cell.width()), height),
        );
        painter.rect_filled(strip, 0.0, theme::SHADE);
        let centre = pos2(strip.min.x + size * 0.75, strip.center().y);
        paint_mark(
            painter,
            centre,
            size * 0.30,
            shown.mark,
            theme::tone(shown.tone),
        );
        painter.galley(
            pos2(strip.min.x + size * 1.4, strip.min.y + 1.0),
            galley,
            theme::TEXT,
        );
    }

    fn paint_state(&self, words: Words, painter: &egui::Painter, cell: Rect, shown: &Shown) {
        let size = if self.large {
            26.0
        } else {
            (cell.height() * 0.12).clamp(11.0, 18.0)
        };
        let colour = theme::tone(shown.tone);
        let room = cell.width() - 12.0;
        let mut lines = vec![one_line(
            painter,
            &words.get(shown.word),
            theme::bold(size),
            colour,
            room,
        )];
        if let Some(reason) = &shown.reason {
            let text = reason_text(words, reason, shown.age);
            lines.push(one_line(
                painter,
                &text,
                FontId::proportional(size * 0.8),
                theme::TEXT,
                room,
            ));
        }
        // How long it has been silent is told by the reason itself.
        let told = shown.reason == Some(Reason::Silent);
        if let Some(age) = shown
            .age
            .filter(|age| !told && *age >= Duration::from_secs(1))
        {
            let text = age_text(words, age);
            lines.push(one_line(
                painter,
                &text,
                FontId::proportional(size * 0.8),
                theme::TEXT,
                room,
            ));
        }
        let height: f32 = lines.iter().map(|line| line.size().y).sum::<f32>() + size * 1.5;
        let width = lines
            .iter()
            .map(|line| line.size().x)
            .fold(size * 3.0, f32::max)
            + 12.0;
        let middle = cell.center() - vec2(0.0, size * 0.4);
        let plate = Rect::from_center_size(
            middle,
            vec2(width.min(cell.width()), height.min(cell.height())),
        );
        painter.rect_filled(plate, 2.0, theme::SHADE);
        paint_mark(
            painter,
            pos2(middle.x, plate.min.y + size * 0.8),
            size * 0.5,
            shown.mark,
            colour,
        );
        let mut top = plate.min.y + size * 1.4;
        for line in lines {
            let left = middle.x - line.size().x / 2.0;
            let below = line.size().y;
            painter.galley(pos2(left, top), line, theme::TEXT);
            top += below;
        }
    }

    /// What a screen reader, and a test, is told.
    pub(super) fn label(&self, ctx: &AppContext<'_>) -> String {
        let name = self.camera.name.get(ctx.words.language());
        format!("{name}: {}", ctx.words.get(self.shown(ctx).word))
    }
}

/// Why, in the operator's language.
fn reason_text(words: Words, reason: &Reason, age: Option<Duration>) -> String {
    match reason {
        Reason::Silent => words.with(
            "reason-silent",
            &[("seconds", age.map_or(0, |age| age.as_secs()).into())],
        ),
        Reason::UnsupportedCodec(codec) => {
            words.with(reason.key(), &[("codec", codec.as_str().into())])
        }
        other => words.get(other.key()).into_owned(),
    }
}

/// `12 s`, `3 min`, `2 h`.
fn age_text(words: Words, age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=119 => words.with("age-seconds", &[("seconds", seconds.into())]),
        120..=7199 => words.with("age-minutes", &[("minutes", (seconds / 60).into())]),
        _ => words.with("age-hours", &[("hours", (seconds / 3600).into())]),
    }
}

/// Text on one line, cut with … where it does not fit.
fn one_line(
    painter: &egui::Painter,
    text: &str,
    font: FontId,
    colour: Color32,
    room: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.max(8.0));
    painter.layout_job(job)
}

/// The shape of a state: told apart without colour.
fn paint_mark(painter: &egui::Painter, centre: Pos2, radius: f32, mark: Mark, colour: Color32) {
    let stroke = Stroke::new((radius * 0.4).max(1.3), colour);
    let r = radius;
    match mark {
        Mark::Dot => {
            painter.circle_filled(centre, r * 0.8, colour);
        }
        Mark::Ring => {
            painter.circle_stroke(centre, r, stroke);
        }
        Mark::Triangle => {
            let points = [
                vec2(0.0, -r * 1.1),
                vec2(r * 1.1, r * 0.9),
                vec2(-r * 1.1, r * 0.9),
            ];
            let points = points.map(|p| centre + p).to_vec();
            painter.add(egui::Shape::convex_polygon(points, colour, Stroke::NONE));
        }
        Mark::Cross => {
            painter.line_segment([centre + vec2(-r, -r), centre + vec2(r, r)], stroke);
            painter.line_segment([centre + vec2(-r, r), centre + vec2(r, -r)], stroke);
        }
        Mark::NoEntry => {
            painter.circle_stroke(centre, r, stroke);
            painter.line_segment(
                [centre + vec2(-r * 0.6, 0.0), centre + vec2(r * 0.6, 0.0)],
                stroke,
            );
        }
        Mark::Bars => {
            for x in [-0.5, 0.5] {
                painter.line_segment([centre + vec2(x * r, -r), centre + vec2(x * r, r)], stroke);
            }
        }
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
