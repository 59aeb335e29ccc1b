//! Words on pictures: laid out and painted once, then kept as small images that the wall's own pass
//! draws.
//!
//! Ninety texts over moving pictures, as egui draws them, are some thousand small triangles at every
//! paint although they change once a second at most; a rasteriser in software pays more for them
//! than for the pictures.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{self, Color32, ColorImage, FontId, Galley};

use super::theme;
use crate::gpu::{LabelDraw, LabelImage};

/// A label that no paint wanted for so many paints is forgotten.
const PAINTS_KEPT: u64 = 120;

/// Words of one size and colour.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Part {
    pub(super) text: String,
    /// Height of the letters in hundredths of a point.
    pub(super) size: u32,
    pub(super) bold: bool,
    pub(super) colour: Color32,
}

impl Part {
    pub(super) fn new(text: impl Into<String>, points: f32, bold: bool, colour: Color32) -> Self {
        Self {
            text: text.into(),
            size: (points * 100.0).round() as u32,
            bold,
            colour,
        }
    }

    fn font(&self) -> FontId {
        let points = self.size as f32 / 100.0;
        if self.bold {
            theme::bold(points)
        } else {
            FontId::proportional(points)
        }
    }
}

/// Lines on a ground, each of one or more parts; what does not fit is cut with ….
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Label {
    pub(super) lines: Vec<Vec<Part>>,
    /// Ground around the words, left and right, above and below, in pixels.
    pub(super) margin_px: [u32; 2],
    /// The most it may cover, in pixels; lines below that are left out.
    pub(super) room_px: [u32; 2],
    pub(super) ground: Color32,
}

/// Where a label stands, in pixels of the window.
#[derive(Clone, Copy, Debug)]
pub(super) enum Anchor {
    LeftBottom([i32; 2]),
    LeftTop([i32; 2]),
    RightTop([i32; 2]),
    Middle([i32; 2]),
}

/// The labels of a window.
#[derive(Default)]
pub(super) struct Labels {
    kept: HashMap<Key, Kept>,
    paints: u64,
}

/// A label, and the pixels a point has, in hundredths.
type Key = (Label, u32);

struct Kept {
    image: Arc<LabelImage>,
    last_paint: u64,
}

impl Labels {
    /// What is to be drawn for `wanted`; only those that are new are laid out and painted.
    pub(super) fn draws(
        &mut self,
        ctx: &egui::Context,
        wanted: Vec<(Label, Anchor)>,
    ) -> Vec<LabelDraw> {
        self.paints += 1;
        let scale = (ctx.pixels_per_point() * 100.0).round() as u32;
        let keys: Vec<_> = wanted
            .into_iter()
            .map(|(label, anchor)| ((label, scale), anchor))
            .collect();
        self.make_missing(ctx, &keys);
        let paints = self.paints;
        let draws = keys
            .iter()
            .filter_map(|(key, anchor)| {
                let kept = self.kept.get_mut(key)?;
                kept.last_paint = paints;
                Some(LabelDraw {
                    at_px: anchor.left_top(&kept.image),
                    image: Arc::clone(&kept.image),
                })
            })
            .collect();
        if paints.is_multiple_of(PAINTS_KEPT) {
            self.kept
                .retain(|_, kept| paints - kept.last_paint < PAINTS_KEPT);
        }
        draws
    }

    fn make_missing(&mut self, ctx: &egui::Context, keys: &[(Key, Anchor)]) {
        let missing: Vec<_> = keys
            .iter()
            .filter(|(key, _)| !self.kept.contains_key(key))
            .map(|(key, _)| (key, lay_out(ctx, &key.0)))
            .collect();
        if missing.is_empty() {
            return;
        }
        // After all are laid out: laying out brings glyphs into the atlas.
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method alone is not general enough for any lifetime"
        )]
        let glyphs = ctx.fonts(|fonts| fonts.image());
        for (key, lines) in missing {
            let image = paint(&key.0, &lines, &glyphs, ctx.pixels_per_point());
            let kept = Kept {
                image: Arc::new(image),
                last_paint: self.paints,
            };
            self.kept.insert(key.clone(), kept);
        }
    }
}

impl Anchor {
    fn left_top(self, image: &LabelImage) -> [i32; 2] {
        let [width, height] = [image.width as i32, image.height as i32];
        match self {
            Self::LeftBottom([x, y]) => [x, y - height],
            Self::LeftTop(corner) => corner,
            Self::RightTop([x, y]) => [x - width, y],
            Self::Middle([x, y]) => [x - width / 2, y - height / 2],
        }
    }
}

/// The lines that fit, one galley each.
fn lay_out(ctx: &egui::Context, label: &Label) -> Vec<Arc<Galley>> {
    let scale = ctx.pixels_per_point();
    let [room, mut below] =
        [0, 1].map(|axis| label.room_px[axis].saturating_sub(2 * label.margin_px[axis]) as f32);
    let mut lines = Vec::with_capacity(label.lines.len());
    for parts in &label.lines {
        let mut job = egui::text::LayoutJob::default();
        for part in parts {
            let format = egui::TextFormat {
                valign: egui::Align::Center,
                ..egui::TextFormat::simple(part.font(), part.colour)
            };
            job.append(&part.text, 0.0, format);
        }
        job.break_on_newline = false;
        job.wrap = egui::text::TextWrapping::truncate_at_width((room / scale).max(1.0));
        let galley = ctx.fonts_mut(|fonts| fonts.layout_job(job));
        below -= galley.size().y * scale;
        if below < -1.0 && !lines.is_empty() {
            break;
        }
        lines.push(galley);
    }
    lines
}

/// The ground with the lines on it, each in the middle.
fn paint(label: &Label, lines: &[Arc<Galley>], glyphs: &ColorImage, scale: f32) -> LabelImage {
    let heights: Vec<u32> = lines
        .iter()
        .map(|line| (line.size().y * scale).ceil() as u32)
        .collect();
    let widths = lines
        .iter()
        .map(|line| (line.size().x * scale).ceil() as u32);
    let [across, down] = label.margin_px;
    let width = (widths.max().unwrap_or(0) + 2 * across).clamp(1, label.room_px[0].max(1));
    let height = (heights.iter().sum::<u32>() + 2 * down).clamp(1, label.room_px[1].max(1));
    let mut canvas = Canvas {
        width: width as usize,
        height: height as usize,
        pixels: vec![label.ground; width as usize * height as usize],
    };
    let mut top = down as f32;
    for (line, height) in lines.iter().zip(heights) {
        let left = (((width as f32 - line.size().x * scale) / 2.0).round()).max(across as f32);
        canvas.paint_galley(line, glyphs, [left, top], scale);
        top += height as f32;
    }
    let rgba = canvas.pixels.iter().flat_map(Color32::to_array).collect();
    LabelImage::new(width, height, rgba)
}

/// Premultiplied pixels.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
}

impl Canvas {
    /// Paints what egui's tessellator would, whose glyphs lie on whole pixels.
    fn paint_galley(&mut self, galley: &Galley, glyphs: &ColorImage, at: [f32; 2], scale: f32) {
        for row in &galley.rows {
            let visuals = &row.visuals;
            let vertices = visuals
                .mesh
                .vertices
                .get(visuals.glyph_vertex_range.clone());
            // Four a glyph: left top, right top, left bottom, right bottom.
            for corners in vertices.unwrap_or_default().chunks_exact(4) {
                let pixel =
                    |axis: f32, row: f32, at: f32| ((axis + row) * scale + at).round() as i64;
                let x = pixel(corners[0].pos.x, row.pos.x, at[0]);
                let y = pixel(corners[0].pos.y, row.pos.y, at[1]);
                let texels =
                    [corners[0].uv, corners[3].uv].map(|uv| [uv.x as usize, uv.y as usize]);
                self.paint_glyph([x, y], texels, glyphs, corners[0].color);
            }
        }
    }

    fn paint_glyph(
        &mut self,
        [left, top]: [i64; 2],
        [from, to]: [[usize; 2]; 2],
        glyphs: &ColorImage,
        colour: Color32,
    ) {
        for v in from[1]..to[1].min(glyphs.size[1]) {
            for u in from[0]..to[0].min(glyphs.size[0]) {
                let x = left + (u - from[0]) as i64;
                let y = top + (v - from[1]) as i64;
                if !(0..self.width as i64).contains(&x) || !(0..self.height as i64).contains(&y) {
                    continue;
                }
                let over = glyphs.pixels[v * glyphs.size[0] + u] * colour;
                let pixel = &mut self.pixels[y as usize * self.width + x as usize];
                *pixel = pixel.blend(over);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(lines: &[&str], room_px: [u32; 2]) -> Label {
        let line = |text: &&str| vec![Part::new(*text, 12.0, false, Color32::WHITE)];
        Label {
            lines: lines.iter().map(line).collect(),
            margin_px: [4, 2],
            room_px,
            ground: Color32::from_rgba_premultiplied(0, 0, 0, 150),
        }
    }

    /// One pass of egui whose output nobody draws.
    fn run(ctx: &egui::Context, ui: impl FnMut(&mut egui::Ui)) {
        let mut output = ctx.run_ui(egui::RawInput::default(), ui);
        output.textures_delta.clear();
    }

    /// What labels become, each in a paint of its own.
    fn paints(paints: Vec<Vec<Label>>) -> Vec<Vec<LabelDraw>> {
        let ctx = egui::Context::default();
        theme::install(&ctx, 1.0);
        run(&ctx, |_| {});
        let mut labels = Labels::default();
        let mut draws = Vec::new();
        for wanted in paints {
            run(&ctx, |ui| {
                let wanted = wanted.iter().cloned();
                let wanted = wanted
                    .map(|label| (label, Anchor::LeftBottom([10, 100])))
                    .collect();
                draws.push(labels.draws(ui.ctx(), wanted));
            });
        }
        draws
    }

    #[test]
    fn words_are_painted_in_their_ground_and_kept() {
        let wide = [400, 100];
        let draws = paints(vec![
            vec![label(&["Қобда"], wide)],
            vec![label(&["Қобда"], wide), label(&["Қобда", "Ырғыз"], wide)],
        ]);
        let first = &draws[0][0];
        assert_eq!(first.at_px, [10, 100 - first.image.height as i32]);
        assert!(
            Arc::ptr_eq(&first.image, &draws[1][0].image),
            "not painted twice"
        );
        let two = &draws[1][1].image;
        assert!(two.height > first.image.height, "two lines are higher");
        let bright = first
            .image
            .rgba()
            .chunks(4)
            .filter(|pixel| pixel[0] > 200)
            .count();
        assert!(bright > 20, "{bright} bright pixels");
        assert_eq!(&first.image.rgba()[..4], [0, 0, 0, 150], "the ground");
    }

    #[test]
    fn labels_keep_to_their_room() {
        let long = "Маресьев көшесі – Есет батыр көшесінің қиылысы";
        let draws = paints(vec![vec![
            label(&[long], [90, 40]),
            label(&[long, long, long], [90, 30]),
            label(&[long], [1, 1]),
            label(&[], [50, 50]),
        ]]);
        for (draw, room) in draws[0].iter().zip([[90, 40], [90, 30], [1, 1], [50, 50]]) {
            assert!(draw.image.width <= room[0] && draw.image.height <= room[1]);
        }
    }
}
