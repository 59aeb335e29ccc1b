//! From Y'CbCr codes to R'G'B', in numbers a shader can multiply by.
//!
//! The formulas are those of ITU-T H.273 (section 8.3, equations for `MatrixCoefficients` 1, 5, 6
//! and 9, and for `VideoFullRangeFlag`), at 8 bits.

use crate::model::frame::{Colour, Range};

/// R'G'B' (0..1) = `luma` × Y + chroma terms + `offset`, where Y, U and V are codes divided by 255.
///
/// The zero terms of the 3×3 matrix (U in red, V in blue) are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conversion {
    /// Y in all three.
    pub luma: f32,
    /// V in red.
    pub red_v: f32,
    /// U in green.
    pub green_u: f32,
    /// V in green.
    pub green_v: f32,
    /// U in blue.
    pub blue_u: f32,
    /// What is added to red, green and blue.
    pub offset: [f32; 3],
}

impl Conversion {
    /// The conversion for pictures of `colour`.
    pub fn of(colour: Colour) -> Self {
        let (kr, kb) = colour.matrix.kr_kb();
        let kg = 1.0 - kr - kb;
        let (luma, chroma, black) = match colour.range {
            Range::Limited => (255.0 / 219.0, 255.0 / 224.0, 16.0 / 255.0),
            Range::Full => (1.0, 1.0, 0.0),
        };
        let red_v = 2.0 * (1.0 - kr) * chroma;
        let blue_u = 2.0 * (1.0 - kb) * chroma;
        let green_u = -blue_u * kb / kg;
        let green_v = -red_v * kr / kg;
        let neutral = 128.0 / 255.0;
        let base = -luma * black;
        Self {
            luma,
            red_v,
            green_u,
            green_v,
            blue_u,
            offset: [
                base - red_v * neutral,
                base - (green_u + green_v) * neutral,
                base - blue_u * neutral,
            ],
        }
    }

    /// The same picture, its chroma scaled by `1 − grey` and then everything by `dim` (both 0..1).
    ///
    /// Both are linear, so they cost nothing per pixel.
    #[must_use]
    pub fn toned(self, dim: f32, grey: f32) -> Self {
        let dim = unit(dim);
        let chroma = dim * (1.0 - unit(grey));
        let neutral = 128.0 / 255.0;
        // Black's share of the offset: red's offset without its chroma part.
        let base = (self.offset[0] + self.red_v * neutral) * dim;
        let (red_v, blue_u) = (self.red_v * chroma, self.blue_u * chroma);
        let (green_u, green_v) = (self.green_u * chroma, self.green_v * chroma);
        Self {
            luma: self.luma * dim,
            red_v,
            green_u,
            green_v,
            blue_u,
            offset: [
                base - red_v * neutral,
                base - (green_u + green_v) * neutral,
                base - blue_u * neutral,
            ],
        }
    }

    /// R'G'B' (0..1, clamped) of one set of codes (0..255).
    pub fn rgb(&self, y: f32, u: f32, v: f32) -> [f32; 3] {
        let (y, u, v) = (y / 255.0, u / 255.0, v / 255.0);
        let [r, g, b] = self.offset;
        [
            (self.luma * y + self.red_v * v + r).clamp(0.0, 1.0),
            (self.luma * y + self.green_u * u + self.green_v * v + g).clamp(0.0, 1.0),
            (self.luma * y + self.blue_u * u + b).clamp(0.0, 1.0),
        ]
    }
}

/// `value` within 0..1; what is not a number counts as 1.
fn unit(value: f32) -> f32 {
    if value.is_nan() {
        1.0
    } else {
        value.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::frame::Matrix;

    fn check(matrix: Matrix, range: Range, codes: [u8; 3], expect: [f32; 3]) {
        let conversion = Conversion::of(Colour { matrix, range });
        let [y, u, v] = codes.map(f32::from);
        let got = conversion.rgb(y, u, v);
        for (got, expect) in got.iter().zip(expect) {
            assert!(
                (got * 255.0 - expect).abs() < 1.5,
                "{matrix:?} {range:?} {codes:?}: {got} is not {expect}"
            );
        }
    }

    /// Codes of pure colours as the recommendations tabulate them, rounded to 8 bits.
    #[test]
    fn pure_colours_come_back() {
        use Matrix::{Bt601, Bt709, Bt2020};
        use Range::{Full, Limited};
        check(Bt709, Limited, [16, 128, 128], [0.0, 0.0, 0.0]);
        check(Bt709, Limited, [235, 128, 128], [255.0, 255.0, 255.0]);
        check(Bt709, Limited, [63, 102, 240], [255.0, 0.0, 0.0]);
        check(Bt709, Limited, [173, 42, 26], [0.0, 255.0, 0.0]);
        check(Bt709, Limited, [32, 240, 118], [0.0, 0.0, 255.0]);
        check(Bt601, Limited, [81, 90, 240], [255.0, 0.0, 0.0]);
        check(Bt601, Limited, [145, 54, 34], [0.0, 255.0, 0.0]);
        check(Bt601, Limited, [41, 240, 110], [0.0, 0.0, 255.0]);
        check(Bt601, Full, [76, 85, 255], [254.0, 0.0, 0.0]);
        check(Bt601, Full, [255, 128, 128], [255.0, 255.0, 255.0]);
        check(Bt2020, Limited, [74, 97, 240], [255.0, 0.0, 0.0]);
        check(Bt2020, Limited, [29, 240, 119], [0.0, 0.0, 255.0]);
    }

    #[test]
    fn grey_keeps_the_luma_and_dim_scales_it() {
        let conversion = Conversion::of(Colour::default());
        let [r, g, b] = conversion.toned(1.0, 1.0).rgb(126.0, 30.0, 200.0);
        let luma = (126.0 - 16.0) / 219.0;
        for channel in [r, g, b] {
            assert!((channel - luma).abs() < 1e-5);
        }
        let [r, ..] = conversion.toned(0.5, 1.0).rgb(126.0, 30.0, 200.0);
        assert!((r - luma / 2.0).abs() < 1e-5);
        let same = conversion.toned(1.0, 0.0).rgb(126.0, 30.0, 200.0);
        let plain = conversion.rgb(126.0, 30.0, 200.0);
        for (a, b) in same.iter().zip(plain) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn nonsense_tones_are_harmless() {
        let conversion = Conversion::of(Colour::default()).toned(f32::NAN, f32::INFINITY);
        assert!(
            conversion
                .rgb(100.0, 100.0, 100.0)
                .iter()
                .all(|c| c.is_finite())
        );
    }
}
