//! The pixels of a tile as they stand on the screen, made on the processor.
//!
//! Where the "GPU" is the processor itself, sampling two planes and converting them for every pixel
//! of the window at every paint is the dearest thing a wall does. There the decode workers make the
//! tile's own R'G'B' pixels once a picture, and the GPU stage copies them.
//!
//! What comes out is what the shader would draw: bilinear between the samples of the reduced
//! planes, chroma centred, converted as [`Conversion`] says, within two codes.

use super::colour::Conversion;
use super::picture::{Picture, Pool, Samples};

/// Bits of a weight between two samples: two weighted bytes still fit 16 bits.
const WEIGHT_BITS: u32 = 8;
/// Bits behind the point of a conversion's factors.
const FACTOR_BITS: u32 = 13;

/// The pixels of a whole picture at the size at which it is shown.
#[derive(Debug)]
pub struct ExactPixels {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// R', G', B', 255: `4 × width × height` bytes.
    pub rgba: Samples,
}

impl ExactPixels {
    /// Whether it has as many bytes as its sizes say, and any.
    pub fn is_sound(&self) -> bool {
        self.width > 0
            && self.height > 0
            && self.rgba.len() as u64 == 4 * u64::from(self.width) * u64::from(self.height)
    }
}

/// `picture` at `width × height` pixels; none where either is 0 or the picture's samples are not
/// as many as it says.
pub fn exact_pixels(
    picture: &Picture,
    width: u32,
    height: u32,
    pool: &Pool,
) -> Option<ExactPixels> {
    if width == 0 || height == 0 || !picture.is_sound() {
        return None;
    }
    let mut rgba = pool.take(4 * width as usize * height as usize);
    let (chroma_width, chroma_height) = picture.chroma_size();
    let covered = picture.covered();
    let across = |scale: f32, samples: u32| taps(width, covered[0] * scale, samples);
    let down = |scale: f32, samples: u32| taps(height, covered[1] * scale, samples);
    let (luma_columns, chroma_columns) = (
        across(picture.width as f32, picture.width),
        across(picture.width as f32 / 2.0, chroma_width),
    );
    let (luma_rows, chroma_rows) = (
        down(picture.height as f32, picture.height),
        down(picture.height as f32 / 2.0, chroma_height),
    );
    let factors = Factors::of(&Conversion::of(picture.colour));
    let mut rows = RowBuffers::new(
        picture.width as usize,
        chroma_width as usize,
        width as usize,
    );
    for (index, out) in rgba.chunks_exact_mut(4 * width as usize).enumerate() {
        blend_rows(&picture.y, luma_rows[index], &mut rows.luma);
        blend_rows(&picture.uv, chroma_rows[index], &mut rows.chroma);
        rows.stretch(&luma_columns, &chroma_columns);
        factors.convert(&rows.y, &rows.u, &rows.v, out);
    }
    Some(ExactPixels {
        width,
        height,
        rgba,
    })
}

/// Between which two samples a pixel lies, and how near the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tap {
    first: u16,
    weight: u16,
}

/// The taps of `pixels` pixels that together show `shown` (may be broken) of `samples` samples.
fn taps(pixels: u32, shown: f32, samples: u32) -> Vec<Tap> {
    let step = shown / pixels as f32;
    let last = samples.saturating_sub(1) as f32;
    (0..pixels)
        .map(|pixel| {
            let place = ((pixel as f32 + 0.5) * step - 0.5).clamp(0.0, last);
            // The last pair, so that the second sample is always there.
            let first = place.floor().min((last - 1.0).max(0.0));
            let weight = ((place - first) * (1 << WEIGHT_BITS) as f32).round();
            Tap {
                first: first as u16,
                weight: weight as u16,
            }
        })
        .collect()
}

#[inline]
fn blend(first: u8, second: u8, weight: u16) -> u8 {
    let one = 1_u32 << WEIGHT_BITS;
    let (first, second, weight) = (u32::from(first), u32::from(second), u32::from(weight));
    ((first * (one - weight) + second * weight + one / 2) >> WEIGHT_BITS) as u8
}

/// Row `tap` of `plane`, whose rows are as long as `to`.
fn blend_rows(plane: &[u8], tap: Tap, to: &mut [u8]) {
    let length = to.len();
    let start = usize::from(tap.first) * length;
    let first = &plane[start..start + length];
    if tap.weight == 0 {
        to.copy_from_slice(first);
        return;
    }
    // A plane of one row has no second.
    let second = plane
        .get(start + length..start + 2 * length)
        .unwrap_or(first);
    let weight = tap.weight;
    let rest = (1 << WEIGHT_BITS) - weight;
    for ((to, first), second) in to.iter_mut().zip(first).zip(second) {
        // At most 255 × 256 + 128: in 16 bits, eight at a time.
        let sum = u16::from(*first) * rest + u16::from(*second) * weight;
        *to = ((sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS) as u8;
    }
}

/// One row of the result in the making.
struct RowBuffers {
    /// Between two rows of the planes, as long as these.
    luma: Vec<u8>,
    chroma: Vec<u8>,
    /// As long as the result.
    y: Vec<u8>,
    u: Vec<u8>,
    v: Vec<u8>,
}

impl RowBuffers {
    fn new(luma: usize, chroma: usize, out: usize) -> Self {
        Self {
            luma: vec![0; luma],
            chroma: vec![0; 2 * chroma],
            y: vec![0; out],
            u: vec![0; out],
            v: vec![0; out],
        }
    }

    fn stretch(&mut self, luma: &[Tap], chroma: &[Tap]) {
        for (to, tap) in self.y.iter_mut().zip(luma) {
            let at = usize::from(tap.first);
            let first = self.luma[at];
            let second = *self.luma.get(at + 1).unwrap_or(&first);
            *to = blend(first, second, tap.weight);
        }
        for ((u, v), tap) in self.u.iter_mut().zip(&mut self.v).zip(chroma) {
            let at = 2 * usize::from(tap.first);
            let here = &self.chroma[at..];
            let [u1, v1] = [here[0], here[1]];
            let [u2, v2] = if here.len() >= 4 {
                [here[2], here[3]]
            } else {
                [u1, v1]
            };
            *u = blend(u1, u2, tap.weight);
            *v = blend(v1, v2, tap.weight);
        }
    }
}

/// A [`Conversion`] in whole numbers.
struct Factors {
    luma: i32,
    red_v: i32,
    green_u: i32,
    green_v: i32,
    blue_u: i32,
    offset: [i32; 3],
}

impl Factors {
    fn of(conversion: &Conversion) -> Self {
        let one = (1 << FACTOR_BITS) as f32;
        let factor = |value: f32| (value * one).round() as i32;
        let half = 1 << (FACTOR_BITS - 1);
        Self {
            luma: factor(conversion.luma),
            red_v: factor(conversion.red_v),
            green_u: factor(conversion.green_u),
            green_v: factor(conversion.green_v),
            blue_u: factor(conversion.blue_u),
            offset: conversion
                .offset
                .map(|offset| factor(offset * 255.0) + half),
        }
    }

    fn convert(&self, y: &[u8], u: &[u8], v: &[u8], to: &mut [u8]) {
        let code = |value: i32| (value >> FACTOR_BITS).clamp(0, 255) as u8;
        let [red, green, blue] = self.offset;
        let samples = y.iter().zip(u).zip(v);
        for (to, ((y, u), v)) in to.chunks_exact_mut(4).zip(samples) {
            let luma = i32::from(*y) * self.luma;
            let (u, v) = (i32::from(*u), i32::from(*v));
            to[0] = code(luma + v * self.red_v + red);
            to[1] = code(luma + u * self.green_u + v * self.green_v + green);
            to[2] = code(luma + u * self.blue_u + blue);
            to[3] = 255;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::clock::{self, MediaTime};
    use crate::model::frame::{Colour, Matrix, Range, Rotation};

    fn picture(width: u32, height: u32, halvings: u32, seed: u64, colour: Colour) -> Picture {
        let mut state = seed | 1;
        let mut noise = |len: usize| -> Vec<u8> {
            (0..len)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    (state >> 32) as u8
                })
                .collect()
        };
        let chroma = 2 * width.div_ceil(2) as usize * height.div_ceil(2) as usize;
        Picture {
            serial: 1,
            source_width: (width << halvings) - halvings.min(1),
            source_height: height << halvings,
            halvings,
            width,
            height,
            y: noise(width as usize * height as usize).into(),
            uv: noise(chroma).into(),
            exact: None,
            colour,
            rotation: Rotation::None,
            pts: MediaTime(0),
            arrival: clock::now(),
            capture: None,
        }
    }

    /// Between the samples of a plane whose sample (i, j) stands at (i + ½, j + ½).
    fn between(at: impl Fn(usize, usize) -> u8, size: (u32, u32), x: f32, y: f32) -> f32 {
        let axis = |place: f32, samples: u32| {
            let place = (place - 0.5).clamp(0.0, samples as f32 - 1.0);
            let first = place.floor() as usize;
            (first, (first + 1).min(samples as usize - 1), place.fract())
        };
        let (left, right, u) = axis(x, size.0);
        let (top, bottom, v) = axis(y, size.1);
        let row = |y: usize| f32::from(at(left, y)) * (1.0 - u) + f32::from(at(right, y)) * u;
        row(top) * (1.0 - v) + row(bottom) * v
    }

    fn check(picture: &Picture, width: u32, height: u32) {
        let exact = exact_pixels(picture, width, height, &Pool::new(1)).expect("a sound picture");
        assert!(exact.is_sound());
        let conversion = Conversion::of(picture.colour);
        let size = (picture.width, picture.height);
        let chroma = picture.chroma_size();
        let covered = picture.covered();
        for y in 0..height {
            for x in 0..width {
                let px = (x as f32 + 0.5) / width as f32 * covered[0] * size.0 as f32;
                let py = (y as f32 + 0.5) / height as f32 * covered[1] * size.1 as f32;
                let luma = |x: usize, y: usize| picture.y[y * size.0 as usize + x];
                let codes = [
                    between(luma, size, px, py),
                    between(
                        |x, y| picture.uv[2 * (y * chroma.0 as usize + x)],
                        chroma,
                        px / 2.0,
                        py / 2.0,
                    ),
                    between(
                        |x, y| picture.uv[2 * (y * chroma.0 as usize + x) + 1],
                        chroma,
                        px / 2.0,
                        py / 2.0,
                    ),
                ];
                let expect = conversion.rgb(codes[0], codes[1], codes[2]);
                let at = 4 * (y as usize * width as usize + x as usize);
                for channel in 0..3 {
                    let error =
                        (expect[channel] * 255.0 - f32::from(exact.rgba[at + channel])).abs();
                    // Two roundings to 8 bits in each plane; blue is 2.1 of chroma's error.
                    assert!(error < 4.5, "{width}×{height} at {x}, {y}: off by {error}");
                }
                assert_eq!(exact.rgba[at + 3], 255);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn any_size_equals_the_plain_arithmetic(
            source in (1_u32..50, 1_u32..40),
            shown in (1_u32..70, 1_u32..60),
            halvings in 0_u32..2,
            seed in any::<u64>(),
            full in any::<bool>(),
        ) {
            let range = if full { Range::Full } else { Range::Limited };
            let colour = Colour { matrix: Matrix::Bt709, range };
            check(&picture(source.0, source.1, halvings, seed, colour), shown.0, shown.1);
        }
    }

    #[test]
    fn nothing_is_made_of_nothing() {
        let sound = picture(8, 8, 0, 1, Colour::default());
        assert!(exact_pixels(&sound, 0, 5, &Pool::new(1)).is_none());
        let mut short = picture(8, 8, 0, 1, Colour::default());
        short.y = vec![0; 3].into();
        assert!(exact_pixels(&short, 5, 5, &Pool::new(1)).is_none());
    }
}
