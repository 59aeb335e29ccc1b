//! The pixels of a tile as they stand on the screen, made on the processor.
//!
//! Where the "GPU" is the processor itself, sampling two planes and converting them for every pixel
//! of the window at every paint is the dearest thing a wall does. There the decode workers make the
//! tile's own R'G'B' pixels once a picture, and the GPU stage copies them.
//!
//! What comes out is what the shader would draw: bilinear between the samples of the reduced
//! planes, chroma centred, converted as [`Conversion`] says, within a few codes (tests hold four).

use wide::{i16x8, u8x16, u16x8};

use super::colour::Conversion;
use super::picture::{Picture, Pool, Samples};

/// Bits of a weight between two samples: two weighted bytes still fit 16 bits.
const WEIGHT_BITS: u32 = 8;
/// Pixels made at once.
const BLOCK: usize = 8;
const BYTE: u16x8 = u16x8::new([0x00ff; BLOCK]);

/// The pixels of a whole picture at the size at which it is shown.
#[derive(Debug)]
pub struct ExactPixels {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// B', G', R', 255: `4 × width × height` bytes.
    pub bgra: Samples,
}

impl ExactPixels {
    /// Whether it has as many bytes as its sizes say, and any.
    pub fn is_sound(&self) -> bool {
        self.width > 0
            && self.height > 0
            && self.bgra.len() as u64 == 4 * u64::from(self.width) * u64::from(self.height)
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
    let mut bgra = pool.take(4 * width as usize * height as usize);
    let (chroma_width, chroma_height) = picture.chroma_size();
    let covered = picture.covered();
    let across = |scale: f32, samples: u32| Taps::new(width, covered[0] * scale, samples);
    let down = |scale: f32, samples: u32| Taps::new(height, covered[1] * scale, samples);
    let (luma_columns, chroma_columns) = (
        across(picture.width as f32, picture.width),
        across(picture.width as f32 / 2.0, chroma_width),
    );
    let (luma_rows, chroma_rows) = (
        down(picture.height as f32, picture.height),
        down(picture.height as f32 / 2.0, chroma_height),
    );
    let factors = Factors::of(&Conversion::of(picture.colour));
    // A sample more at the end, so that there is always a second one.
    let mut luma = vec![0; picture.width as usize + 1];
    let mut chroma = vec![0; 2 * chroma_width as usize + 2];
    for (index, out) in bgra.chunks_exact_mut(4 * width as usize).enumerate() {
        blend_rows(
            &picture.y,
            luma_rows.at(index),
            &mut luma[..picture.width as usize],
        );
        blend_rows(
            &picture.uv,
            chroma_rows.at(index),
            &mut chroma[..2 * chroma_width as usize],
        );
        factors.paint_row(&luma, &luma_columns, &chroma, &chroma_columns, out);
    }
    Some(ExactPixels {
        width,
        height,
        bgra,
    })
}

/// Between which two samples each pixel lies (this one and the next), and how near the second.
/// Filled up to whole blocks of pixels.
struct Taps {
    first: Vec<u16>,
    weight: Vec<u16>,
}

impl Taps {
    /// For `pixels` pixels that together show `shown` (may be broken) of `samples` samples.
    fn new(pixels: u32, shown: f32, samples: u32) -> Self {
        let step = shown / pixels as f32;
        let last = samples.saturating_sub(1) as f32;
        let tap = |pixel: u32| {
            let place = ((pixel as f32 + 0.5) * step - 0.5).clamp(0.0, last);
            let weight = (place.fract() * (1 << WEIGHT_BITS) as f32).round();
            (place as u16, weight as u16)
        };
        let blocks = pixels.next_multiple_of(BLOCK as u32);
        let (first, weight) = (0..blocks).map(|pixel| tap(pixel.min(pixels - 1))).unzip();
        Self { first, weight }
    }

    fn at(&self, index: usize) -> (u16, u16) {
        (self.first[index], self.weight[index])
    }
}

/// The row at `tap` of `plane`, whose rows are as long as `to`.
fn blend_rows(plane: &[u8], (first, weight): (u16, u16), to: &mut [u8]) {
    let length = to.len();
    let start = usize::from(first) * length;
    let first = &plane[start..start + length];
    // The last row has no second, and needs none.
    let second = plane.get(start + length..start + 2 * length);
    let Some(second) = second.filter(|_| weight > 0) else {
        to.copy_from_slice(first);
        return;
    };
    let (near, far) = (
        u16x8::splat((1 << WEIGHT_BITS) - weight),
        u16x8::splat(weight),
    );
    let half = u16x8::splat(1 << (WEIGHT_BITS - 1));
    let low = u16x8::splat(0x00ff);
    let (first_blocks, first_rest) = first.as_chunks::<16>();
    let (second_blocks, second_rest) = second.as_chunks::<16>();
    let (to_blocks, to_rest) = to.as_chunks_mut::<16>();
    for ((first, second), to) in first_blocks.iter().zip(second_blocks).zip(to_blocks) {
        let [first, second]: [u16x8; 2] = [bytemuck::cast(*first), bytemuck::cast(*second)];
        // At most 255 × 256 + 128: in 16 bits.
        let even = (first & low) * near + (second & low) * far + half;
        let odd = (first >> 8_u32) * near + (second >> 8_u32) * far + half;
        *to = bytemuck::cast((even >> 8_u32) | (odd & !low));
    }
    for ((first, second), to) in first_rest.iter().zip(second_rest).zip(to_rest) {
        let sum = u16::from(*first) * ((1 << WEIGHT_BITS) - weight) + u16::from(*second) * weight;
        *to = ((sum + (1 << (WEIGHT_BITS - 1))) >> WEIGHT_BITS) as u8;
    }
}

/// A [`Conversion`] in whole numbers: codes with eight bits behind the point, times a factor, and
/// the upper half of the product has four bits behind the point.
struct Factors {
    luma: u16x8,
    red_v: i16x8,
    green_u: i16x8,
    green_v: i16x8,
    blue_u: i16x8,
    /// Black, and half of what is cut off at the end.
    black: i16x8,
}

impl Factors {
    fn of(conversion: &Conversion) -> Self {
        let factor = |value: f32| (value * 4096.0).round();
        let chroma = |value: f32| i16x8::splat(factor(value) as i16);
        // Red's offset without the part that centres V.
        let black = conversion.offset[0] + conversion.red_v * (128.0 / 255.0);
        Self {
            luma: u16x8::splat(factor(conversion.luma) as u16),
            red_v: chroma(conversion.red_v),
            green_u: chroma(conversion.green_u),
            green_v: chroma(conversion.green_v),
            blue_u: chroma(conversion.blue_u),
            black: i16x8::splat((black * 255.0 * 16.0).round() as i16 + 8),
        }
    }

    /// One row of pixels from a row of luma and a row of chroma, each a sample longer than its
    /// taps say.
    fn paint_row(
        &self,
        luma: &[u8],
        luma_taps: &Taps,
        chroma: &[u8],
        chroma_taps: &Taps,
        to: &mut [u8],
    ) {
        let pixels = |at: usize| {
            let (first, weight) = luma_taps.block(at);
            let mut pairs = [0_u16; BLOCK];
            for (pair, first) in pairs.iter_mut().zip(first) {
                let here = usize::from(*first);
                *pair = u16::from_le_bytes([luma[here], luma[here + 1]]);
            }
            let pairs = u16x8::from(pairs);
            let y = mixed(pairs & BYTE, pairs >> 8_u32, weight);
            let (first, weight) = chroma_taps.block(at);
            let (mut left, mut right) = ([0_u16; BLOCK], [0_u16; BLOCK]);
            for ((left, right), first) in left.iter_mut().zip(&mut right).zip(first) {
                let here = 2 * usize::from(*first);
                let both = &chroma[here..here + 4];
                *left = u16::from_le_bytes([both[0], both[1]]);
                *right = u16::from_le_bytes([both[2], both[3]]);
            }
            let (left, right) = (u16x8::from(left), u16x8::from(right));
            let u = mixed(left & BYTE, right & BYTE, weight);
            let v = mixed(left >> 8_u32, right >> 8_u32, weight);
            self.convert(y, u, v)
        };
        let (blocks, rest) = to.as_chunks_mut::<{ 4 * BLOCK }>();
        let full = blocks.len();
        for (index, block) in blocks.iter_mut().enumerate() {
            *block = pixels(index * BLOCK);
        }
        if !rest.is_empty() {
            rest.copy_from_slice(&pixels(full * BLOCK)[..rest.len()]);
        }
    }

    /// Codes with eight bits behind the point become eight pixels.
    #[inline]
    fn convert(&self, y: u16x8, u: u16x8, v: u16x8) -> [u8; 4 * BLOCK] {
        let centred = |codes: u16x8| -> i16x8 { bytemuck::cast(codes ^ u16x8::splat(0x8000)) };
        let (u, v) = (centred(u), centred(v));
        let luma: i16x8 = bytemuck::cast(y.mul_keep_high(self.luma));
        let luma = luma + self.black;
        let red = (luma + v.mul_keep_high(self.red_v)) >> 4_u32;
        let green = luma + u.mul_keep_high(self.green_u) + v.mul_keep_high(self.green_v);
        let green = green >> 4_u32;
        let blue = (luma + u.mul_keep_high(self.blue_u)) >> 4_u32;
        let narrow = |codes: i16x8| u8x16::narrow_i16x8(codes, codes);
        let blue_red = u8x16::unpack_low(narrow(blue), narrow(red));
        let green_alpha = u8x16::unpack_low(narrow(green), u8x16::splat(255));
        bytemuck::cast([
            u8x16::unpack_low(blue_red, green_alpha),
            u8x16::unpack_high(blue_red, green_alpha),
        ])
    }
}

impl Taps {
    /// Eight taps from pixel `at` on.
    #[inline]
    fn block(&self, at: usize) -> (&[u16; BLOCK], u16x8) {
        let first = self.first[at..].first_chunk().unwrap_or(&[0; BLOCK]);
        let weight = self.weight[at..].first_chunk().unwrap_or(&[0; BLOCK]);
        (first, u16x8::from(*weight))
    }
}

/// Between two samples, with eight bits behind the point.
#[inline]
fn mixed(first: u16x8, second: u16x8, weight: u16x8) -> u16x8 {
    first * (u16x8::splat(1 << WEIGHT_BITS) - weight) + second * weight
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
                for (channel, expect) in expect.iter().enumerate() {
                    let error = (expect * 255.0 - f32::from(exact.bgra[at + 2 - channel])).abs();
                    // Two roundings to 8 bits in each plane; blue is 2.1 of chroma's error.
                    assert!(error < 4.5, "{width}×{height} at {x}, {y}: off by {error}");
                }
                assert_eq!(exact.bgra[at + 3], 255);
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
