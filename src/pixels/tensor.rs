//! From the planes of a picture to the numbers that a model takes: resized, turned into colours and
//! normalised in one pass, without a picture in between.
//!
//! Bilinear between the samples, whose centres lie at half numbers, chroma centred on its four
//! pixels; a picture at least twice as large as the tensor is halved first. A golden test holds
//! the result against an independent run in double precision (`tests/golden`).

use wide::f32x8;

use super::colour::Conversion;
use super::picture::{Picture, PictureError, Pool};
use super::reduce::{MOST_HALVINGS, reduce_further};
use super::upright::upright;
use crate::model::detection::Region;
use crate::model::frame::Rotation;

/// Pixels made at once.
const LANES: usize = 8;
/// No side of a tensor is longer.
pub const LONGEST_SIDE: usize = 4096;

/// In which order the colours stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How the three colours lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// A plane for each colour: `1 × 3 × height × width`.
    Nchw,
    /// The colours of a pixel side by side: `1 × height × width × 3`.
    Nhwc,
}

/// How a picture of another shape is brought in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Each side by itself.
    Stretch,
    /// Both sides alike, at the left and top; the rest is black.
    LetterboxTopLeft,
    /// Both sides alike, in the middle; the rest is the mean.
    Letterbox,
}

/// The numbers that a model takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// In which order the colours stand.
    pub order: Order,
    /// How they lie.
    pub axes: Axes,
    /// How a picture of another shape is brought in.
    pub fit: Fit,
    /// Taken away from each colour (0..255), in `order`.
    pub mean: [f32; 3],
    /// What is left is divided by this, in `order`.
    pub std: [f32; 3],
}

impl Form {
    /// How many numbers there are.
    pub fn len(&self) -> usize {
        3 * self.width * self.height
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where in the picture a place of the tensor lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// The part of the upright picture that the tensor shows.
    pub part: Region,
    /// Columns of the tensor that are left of it.
    pub left: f32,
    /// Rows of the tensor that are above it.
    pub top: f32,
    /// Columns of the tensor that show it.
    pub columns: f32,
    /// Rows of the tensor that show it.
    pub rows: f32,
}

impl Placement {
    /// The region of the picture that has these edges in pixels of the tensor; cut at the edge of
    /// the part.
    pub fn region(&self, left: f32, top: f32, right: f32, bottom: f32) -> Region {
        Region {
            left: (left - self.left) / self.columns,
            top: (top - self.top) / self.rows,
            right: (right - self.left) / self.columns,
            bottom: (bottom - self.top) / self.rows,
        }
        .within_picture()
        .placed_in(&self.part)
    }
}

/// A tensor could not be made of a picture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TensorError {
    /// The picture is not what it says.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Its samples are fewer or more than its size says.
    #[error("a picture of {width}×{height} with {luma} samples of luma and {chroma} of chroma")]
    Unsound {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Samples there are.
        luma: usize,
        /// Bytes of both chroma planes there are.
        chroma: usize,
    },
    /// The part that is wanted holds no pixel.
    #[error("no part of a picture: {0:?}")]
    Part(Region),
    /// No model takes this.
    #[error("a tensor of {width}×{height}")]
    Form {
        /// Width in pixels.
        width: usize,
        /// Height in pixels.
        height: usize,
    },
}

/// Fills `to` with the `part` of `picture` in the given form.
///
/// # Errors
/// When the picture's samples do not fit its size, or the part or the form hold nothing.
pub fn fill(
    picture: &Picture,
    part: Region,
    form: &Form,
    pool: &Pool,
    to: &mut Vec<f32>,
) -> Result<Placement, TensorError> {
    if !picture.is_sound() {
        return Err(TensorError::Unsound {
            width: picture.width,
            height: picture.height,
            luma: picture.y.len(),
            chroma: picture.uv.len(),
        });
    }
    let sides = 1..=LONGEST_SIDE;
    if !sides.contains(&form.width) || !sides.contains(&form.height) {
        return Err(TensorError::Form {
            width: form.width,
            height: form.height,
        });
    }
    let part = part.within_picture();
    if !part.is_sound() {
        return Err(TensorError::Part(part));
    }
    let turned;
    let mut picture = picture;
    if picture.rotation != Rotation::None {
        turned = upright(picture, pool);
        picture = &turned;
    }
    let (columns, rows) = shown_size(picture, part, form);
    let halvings = halvings_for(picture, part, columns, rows);
    let smaller;
    if halvings > 0 {
        smaller = reduce_further(picture, halvings, pool)?;
        picture = &smaller;
    }
    to.clear();
    to.resize(form.len(), 0.0);
    let painter = Painter::new(picture, part, form, columns, rows);
    painter.paint(to);
    Ok(Placement {
        part,
        left: painter.left as f32,
        top: painter.top as f32,
        columns: columns as f32,
        rows: rows as f32,
    })
}

/// Columns and rows of the tensor that show the part.
fn shown_size(picture: &Picture, part: Region, form: &Form) -> (usize, usize) {
    match form.fit {
        Fit::Stretch => (form.width, form.height),
        Fit::LetterboxTopLeft | Fit::Letterbox => {
            let width = part.width() * picture.source_width as f32;
            let height = part.height() * picture.source_height as f32;
            let scale = (form.width as f32 / width).min(form.height as f32 / height);
            let side =
                |length: f32, most: usize| ((length * scale).round() as usize).clamp(1, most);
            (side(width, form.width), side(height, form.height))
        }
    }
}

/// As often as leaves at least one sample for each pixel of the tensor.
fn halvings_for(picture: &Picture, part: Region, columns: usize, rows: usize) -> u32 {
    let width = part.width() * picture.width as f32;
    let height = part.height() * picture.height as f32;
    let holds = |halvings: &u32| {
        let step = (1_u32 << halvings) as f32;
        width / step >= columns as f32 && height / step >= rows as f32
    };
    (1..=MOST_HALVINGS).take_while(holds).last().unwrap_or(0)
}

/// Between which two samples each pixel lies, and how near the second.
struct Taps {
    first: Vec<u32>,
    weight: Vec<f32>,
}

impl Taps {
    /// For `pixels` pixels that together show the samples from `begin` to `end` of `samples`.
    fn new(pixels: usize, begin: f32, end: f32, samples: usize) -> Self {
        let step = (end - begin) / pixels as f32;
        let last = samples.saturating_sub(1) as f32;
        let (first, weight) = (0..pixels)
            .map(|pixel| {
                let place = (begin + (pixel as f32 + 0.5) * step - 0.5).clamp(0.0, last);
                (place as u32, place.fract())
            })
            .unzip();
        Self { first, weight }
    }
}

/// One picture on its way into a tensor.
struct Painter<'a> {
    picture: &'a Picture,
    form: &'a Form,
    /// Where the picture begins, and how far it goes, in pixels of the tensor.
    left: usize,
    top: usize,
    columns: usize,
    rows: usize,
    luma_across: Taps,
    luma_down: Taps,
    chroma_across: Taps,
    chroma_down: Taps,
    /// One for each colour, in the order of the form.
    factors: [Factors; 3],
}

/// A colour of the tensor = clamped(luma × Y + u × U + v × V + offset) × scale + shift.
#[derive(Clone, Copy)]
struct Factors {
    luma: f32,
    u: f32,
    v: f32,
    offset: f32,
    scale: f32,
    shift: f32,
}

impl<'a> Painter<'a> {
    fn new(
        picture: &'a Picture,
        part: Region,
        form: &'a Form,
        columns: usize,
        rows: usize,
    ) -> Self {
        let covered = picture.covered();
        let taps = |pixels: usize, begin: f32, end: f32, covered: f32, whole: u32, samples: u32| {
            let scale = covered * whole as f32 * samples_share(whole, samples);
            Taps::new(pixels, begin * scale, end * scale, samples as usize)
        };
        let (width, height) = (picture.width, picture.height);
        let (chroma_width, chroma_height) = picture.chroma_size();
        let across = |samples| taps(columns, part.left, part.right, covered[0], width, samples);
        let down = |samples| taps(rows, part.top, part.bottom, covered[1], height, samples);
        let conversion = Conversion::of(picture.colour);
        let [red, green, blue] = [
            (0.0, conversion.red_v, conversion.offset[0]),
            (conversion.green_u, conversion.green_v, conversion.offset[1]),
            (conversion.blue_u, 0.0, conversion.offset[2]),
        ];
        let colours = match form.order {
            Order::Rgb => [red, green, blue],
            Order::Bgr => [blue, green, red],
        };
        let mut at = 0;
        let factors = colours.map(|(u, v, offset)| {
            let (mean, std) = (form.mean[at], form.std[at]);
            at += 1;
            Factors {
                luma: conversion.luma,
                u,
                v,
                offset: offset * 255.0,
                scale: 1.0 / std,
                shift: -mean / std,
            }
        });
        let (left, top) = match form.fit {
            Fit::Stretch | Fit::LetterboxTopLeft => (0, 0),
            Fit::Letterbox => ((form.width - columns) / 2, (form.height - rows) / 2),
        };
        Self {
            picture,
            form,
            left,
            top,
            columns,
            rows,
            luma_across: across(width),
            luma_down: down(height),
            chroma_across: across(chroma_width),
            chroma_down: down(chroma_height),
            factors,
        }
    }

    fn paint(&self, to: &mut [f32]) {
        let padded = self.columns.next_multiple_of(LANES);
        let mut luma = Pair::new(padded);
        let mut us = Pair::new(padded);
        let mut vs = Pair::new(padded);
        let mut colours = [vec![0.0; padded], vec![0.0; padded], vec![0.0; padded]];
        for row in 0..self.rows {
            let (luma_row, luma_weight) = (self.luma_down.first[row], self.luma_down.weight[row]);
            luma.hold(luma_row, |row, line| self.read_luma(row, line));
            let (chroma_row, chroma_weight) =
                (self.chroma_down.first[row], self.chroma_down.weight[row]);
            // Both chroma planes lie in the same rows, so they are read together.
            Pair::hold_both(&mut us, &mut vs, chroma_row, |row, u, v| {
                self.read_chroma(row, u, v);
            });
            for at in (0..padded).step_by(LANES) {
                let y = luma.at(at, luma_weight);
                let u = us.at(at, chroma_weight);
                let v = vs.at(at, chroma_weight);
                for (colour, factors) in colours.iter_mut().zip(&self.factors) {
                    let code = y * f32x8::splat(factors.luma)
                        + u * f32x8::splat(factors.u)
                        + v * f32x8::splat(factors.v)
                        + f32x8::splat(factors.offset);
                    let code = code.max(f32x8::ZERO).min(f32x8::splat(255.0));
                    let value = code * f32x8::splat(factors.scale) + f32x8::splat(factors.shift);
                    colour[at..at + LANES].copy_from_slice(&value.to_array());
                }
            }
            self.write_row(row, &colours, to);
        }
        self.paint_rest(to);
    }

    fn write_row(&self, row: usize, colours: &[Vec<f32>; 3], to: &mut [f32]) {
        let (width, height) = (self.form.width, self.form.height);
        let row = row + self.top;
        match self.form.axes {
            Axes::Nchw => {
                for (index, colour) in colours.iter().enumerate() {
                    let begin = index * width * height + row * width + self.left;
                    to[begin..begin + self.columns].copy_from_slice(&colour[..self.columns]);
                }
            }
            Axes::Nhwc => {
                let begin = 3 * (row * width + self.left);
                let pixels = to[begin..begin + 3 * self.columns].chunks_exact_mut(3);
                for (at, pixel) in pixels.enumerate() {
                    for (value, colour) in pixel.iter_mut().zip(colours) {
                        *value = colour[at];
                    }
                }
            }
        }
    }

    /// What shows nothing is black, or the mean.
    fn paint_rest(&self, to: &mut [f32]) {
        let (width, height) = (self.form.width, self.form.height);
        if self.columns == width && self.rows == height {
            return;
        }
        let is_black = self.form.fit == Fit::LetterboxTopLeft;
        for row in 0..height {
            let shows = (self.top..self.top + self.rows).contains(&row);
            for column in 0..width {
                if shows && (self.left..self.left + self.columns).contains(&column) {
                    continue;
                }
                for (index, factors) in self.factors.iter().enumerate() {
                    let at = match self.form.axes {
                        Axes::Nchw => (index * height + row) * width + column,
                        Axes::Nhwc => 3 * (row * width + column) + index,
                    };
                    to[at] = if is_black { factors.shift } else { 0.0 };
                }
            }
        }
    }

    fn read_luma(&self, row: usize, line: &mut [f32]) {
        let width = self.picture.width as usize;
        let row = row.min(self.picture.height as usize - 1);
        let samples = &self.picture.y[row * width..(row + 1) * width];
        let last = width - 1;
        let taps = self.luma_across.first.iter().zip(&self.luma_across.weight);
        for (value, (first, weight)) in line.iter_mut().zip(taps) {
            let first = *first as usize;
            let (a, b) = (samples[first], samples[(first + 1).min(last)]);
            *value = between(a, b, *weight);
        }
    }

    fn read_chroma(&self, row: usize, u: &mut [f32], v: &mut [f32]) {
        let (width, height) = self.picture.chroma_size();
        let width = width as usize;
        let row = row.min(height as usize - 1);
        let samples = &self.picture.uv[2 * row * width..2 * (row + 1) * width];
        let last = width - 1;
        let taps = self.chroma_across.first.iter();
        let taps = taps.zip(&self.chroma_across.weight);
        for ((u, v), (first, weight)) in u.iter_mut().zip(v).zip(taps) {
            let first = *first as usize;
            let (a, b) = (2 * first, 2 * (first + 1).min(last));
            *u = between(samples[a], samples[b], *weight);
            *v = between(samples[a + 1], samples[b + 1], *weight);
        }
    }
}

/// Samples of a plane for each pixel of the whole it belongs to.
fn samples_share(whole: u32, samples: u32) -> f32 {
    if samples == whole { 1.0 } else { 0.5 }
}

fn between(a: u8, b: u8, weight: f32) -> f32 {
    let (a, b) = (f32::from(a), f32::from(b));
    a + (b - a) * weight
}

/// Two rows of a plane, one under the other, already resized across: each is read once.
struct Pair {
    first: Option<u32>,
    lines: [Vec<f32>; 2],
}

impl Pair {
    fn new(length: usize) -> Self {
        Self {
            first: None,
            lines: [vec![0.0; length], vec![0.0; length]],
        }
    }

    /// What of the rows `first` and the next is to be read.
    fn turn_to(&mut self, first: u32) -> [bool; 2] {
        let before = self.first.replace(first);
        if before == Some(first) {
            return [false, false];
        }
        if before.is_some_and(|before| before + 1 == first) {
            self.lines.swap(0, 1);
            return [false, true];
        }
        [true, true]
    }

    fn hold(&mut self, first: u32, mut read: impl FnMut(usize, &mut [f32])) {
        for (index, needed) in self.turn_to(first).into_iter().enumerate() {
            if needed {
                read(first as usize + index, &mut self.lines[index]);
            }
        }
    }

    fn hold_both(
        one: &mut Self,
        other: &mut Self,
        first: u32,
        mut read: impl FnMut(usize, &mut [f32], &mut [f32]),
    ) {
        let needed = one.turn_to(first);
        other.turn_to(first);
        for (index, needed) in needed.into_iter().enumerate() {
            if needed {
                read(
                    first as usize + index,
                    &mut one.lines[index],
                    &mut other.lines[index],
                );
            }
        }
    }

    fn at(&self, at: usize, weight: f32) -> f32x8 {
        let [first, second] = &self.lines;
        let lanes = |line: &[f32]| {
            let mut values = [0.0; LANES];
            values.copy_from_slice(&line[at..at + LANES]);
            f32x8::from(values)
        };
        let (first, second) = (lanes(first), lanes(second));
        first + (second - first) * f32x8::splat(weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{self, MediaTime};
    use crate::model::frame::Colour;

    fn picture(width: u32, height: u32, y: impl Fn(u32, u32) -> u8, uv: [u8; 2]) -> Picture {
        let luma: Vec<u8> = (0..width * height)
            .map(|at| y(at % width, at / width))
            .collect();
        let chroma = uv.repeat((width.div_ceil(2) * height.div_ceil(2)) as usize);
        Picture {
            serial: 1,
            source_width: width,
            source_height: height,
            halvings: 0,
            width,
            height,
            y: luma.into(),
            uv: chroma.into(),
            exact: None,
            colour: Colour::default(),
            rotation: Rotation::None,
            pts: MediaTime(0),
            arrival: clock::now(),
            capture: None,
        }
    }

    fn form(width: usize, height: usize) -> Form {
        Form {
            width,
            height,
            order: Order::Rgb,
            axes: Axes::Nchw,
            fit: Fit::Stretch,
            mean: [0.0; 3],
            std: [1.0; 3],
        }
    }

    fn filled(picture: &Picture, part: Region, form: &Form) -> (Vec<f32>, Placement) {
        let mut to = Vec::new();
        let placement = fill(picture, part, form, &Pool::new(4), &mut to).expect("a tensor");
        (to, placement)
    }

    #[test]
    fn colours_stand_in_their_order_and_are_normalised() {
        // Limited-range BT.709 red: Y 63, U 102, V 240.
        let red = picture(20, 10, |_, _| 63, [102, 240]);
        let mut form = form(4, 4);
        let (tensor, _) = filled(&red, Region::WHOLE, &form);
        let at = |tensor: &[f32], plane: usize| tensor[plane * 16 + 5];
        assert!(at(&tensor, 0) > 250.0, "{tensor:?}");
        assert!(at(&tensor, 1) < 4.0 && at(&tensor, 2) < 4.0, "{tensor:?}");
        form.order = Order::Bgr;
        form.mean = [0.0, 0.0, 127.5];
        form.std = [1.0, 1.0, 127.5];
        let (tensor, _) = filled(&red, Region::WHOLE, &form);
        assert!((at(&tensor, 2) - 1.0).abs() < 0.03, "{tensor:?}");
        form.axes = Axes::Nhwc;
        let (tensor, _) = filled(&red, Region::WHOLE, &form);
        assert!((tensor[3 * 5 + 2] - 1.0).abs() < 0.03, "{tensor:?}");
    }

    #[test]
    fn a_ramp_stays_a_ramp_in_any_size_and_part() {
        let ramp = picture(200, 100, |x, _| x as u8 + 20, [128, 128]);
        let scale = 255.0 / 219.0;
        for (width, part) in [
            (100, Region::WHOLE),
            (157, Region::WHOLE),
            (33, Region::WHOLE),
            (50, Region::from([0.25, 0.0, 0.75, 1.0])),
        ] {
            let (tensor, placement) = filled(&ramp, part, &form(width, 16));
            for column in 2..width - 2 {
                let place = part.left + (column as f32 + 0.5) / width as f32 * part.width();
                let expected = (place * 200.0 - 0.5 + 20.0 - 16.0) * scale;
                let got = tensor[8 * width + column];
                assert!(
                    (got - expected).abs() < 0.75,
                    "{width} {column}: {got} for {expected}"
                );
            }
            let all = placement.region(0.0, 0.0, width as f32, 16.0);
            assert_eq!(all, part);
        }
    }

    #[test]
    fn a_letterbox_keeps_the_shape_and_tells_where_things_are() {
        let wide = picture(64, 32, |_, _| 235, [128, 128]);
        let mut form = form(32, 32);
        form.fit = Fit::LetterboxTopLeft;
        form.mean = [10.0; 3];
        let (tensor, placement) = filled(&wide, Region::WHOLE, &form);
        assert!(tensor[15 * 32 + 31] > 244.0);
        assert_eq!(tensor[16 * 32], -10.0, "black, normalised");
        assert_eq!(
            placement.region(16.0, 8.0, 32.0, 16.0),
            Region::from([0.5, 0.5, 1.0, 1.0])
        );
        form.fit = Fit::Letterbox;
        let (tensor, placement) = filled(&wide, Region::WHOLE, &form);
        assert_eq!(tensor[7 * 32 + 5], 0.0, "the mean, normalised");
        assert!(tensor[8 * 32] > 244.0 && tensor[23 * 32 + 31] > 244.0);
        assert_eq!(tensor[24 * 32], 0.0);
        assert_eq!(
            placement.region(16.0, 16.0, 32.0, 24.0),
            Region::from([0.5, 0.5, 1.0, 1.0])
        );
    }

    #[test]
    fn odd_and_tiny_pictures_and_turned_ones_are_taken() {
        for size in [(1, 1), (3, 7), (639, 361), (2, 900)] {
            let grey = picture(size.0, size.1, |_, _| 126, [128, 128]);
            let (tensor, _) = filled(&grey, Region::WHOLE, &form(20, 20));
            assert!(
                tensor.iter().all(|value| (value - 128.0).abs() < 1.0),
                "{size:?}"
            );
        }
        let mut turned = picture(40, 20, |x, _| if x < 20 { 235 } else { 16 }, [128, 128]);
        turned.rotation = Rotation::Quarter;
        let (tensor, _) = filled(&turned, Region::WHOLE, &form(8, 8));
        // What was left is at the top after a quarter turn clockwise.
        assert!(
            tensor[8 + 4] > 250.0 && tensor[6 * 8 + 4] < 5.0,
            "{tensor:?}"
        );
    }

    #[test]
    fn what_is_not_as_it_says_is_refused() {
        let mut short = picture(20, 10, |_, _| 63, [102, 240]);
        short.y = vec![0; 12].into();
        let mut to = Vec::new();
        let pool = Pool::new(1);
        let told = fill(&short, Region::WHOLE, &form(4, 4), &pool, &mut to);
        assert!(matches!(told, Err(TensorError::Unsound { .. })), "{told:?}");
        let sound = picture(20, 10, |_, _| 63, [102, 240]);
        let nothing = Region::from([0.5, 0.5, 0.5, 0.9]);
        let told = fill(&sound, nothing, &form(4, 4), &pool, &mut to);
        assert!(matches!(told, Err(TensorError::Part(_))), "{told:?}");
        let told = fill(&sound, Region::WHOLE, &form(0, 4), &pool, &mut to);
        assert!(matches!(told, Err(TensorError::Form { .. })), "{told:?}");
    }
}
