//! What ITU-T H.273 and bilinear sampling say, in double precision and without haste.

use qyran::gpu::TileDraw;
use qyran::model::frame::{Colour, Matrix, Range, Rotation};
use qyran::pixels::Picture;

/// Kr and Kb, written out again so that a slip in the program's table shows.
fn weights(matrix: Matrix) -> (f64, f64) {
    match matrix {
        Matrix::Bt601 => (0.299, 0.114),
        Matrix::Bt709 => (0.2126, 0.0722),
        Matrix::Bt2020 => (0.2627, 0.0593),
    }
}

/// H.273 equations 36 to 41 (and those for full range) at 8 bits.
pub(crate) fn codes_of(rgb: [u8; 3], colour: Colour) -> [u8; 3] {
    let (kr, kb) = weights(colour.matrix);
    let [r, g, b] = rgb.map(|channel| f64::from(channel) / 255.0);
    let y = kr * r + (1.0 - kr - kb) * g + kb * b;
    let u = 0.5 * (b - y) / (1.0 - kb);
    let v = 0.5 * (r - y) / (1.0 - kr);
    let codes = match colour.range {
        Range::Limited => [219.0 * y + 16.0, 224.0 * u + 128.0, 224.0 * v + 128.0],
        Range::Full => [255.0 * y, 255.0 * u + 128.0, 255.0 * v + 128.0],
    };
    codes.map(|code| code.round().clamp(0.0, 255.0) as u8)
}

/// R'G'B' 0..255, not clamped, of codes that need not be whole.
fn rgb_of([y, u, v]: [f64; 3], colour: Colour) -> [f64; 3] {
    let (kr, kb) = weights(colour.matrix);
    let (y, u, v) = match colour.range {
        Range::Limited => ((y - 16.0) / 219.0, (u - 128.0) / 224.0, (v - 128.0) / 224.0),
        Range::Full => (y / 255.0, (u - 128.0) / 255.0, (v - 128.0) / 255.0),
    };
    let r = y + 2.0 * (1.0 - kr) * v;
    let b = y + 2.0 * (1.0 - kb) * u;
    let g = (y - kr * r - kb * b) / (1.0 - kr - kb);
    [r, g, b].map(|channel| channel * 255.0)
}

/// A plane's value at a place in units of its samples, whose centres lie at halves.
fn bilinear(at: impl Fn(u32, u32) -> u8, size: (u32, u32), x: f64, y: f64) -> f64 {
    let (x, y) = (x - 0.5, y - 0.5);
    let clamp = |value: f64, side: u32| value.clamp(0.0, f64::from(side - 1)) as u32;
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let sample =
        |dx: f64, dy: f64| f64::from(at(clamp(left + dx, size.0), clamp(top + dy, size.1)));
    (sample(0.0, 0.0) * (1.0 - fx) + sample(1.0, 0.0) * fx) * (1.0 - fy)
        + (sample(0.0, 1.0) * (1.0 - fx) + sample(1.0, 1.0) * fx) * fy
}

/// What the pixel of the screen must be, 0..255; none outside the tile.
pub(crate) fn pixel(picture: &Picture, tile: &TileDraw, x: u32, y: u32) -> Option<[f64; 3]> {
    let [left, top, width, height] = tile.rect_px.map(f64::from);
    let (across, down) = (
        (f64::from(x) + 0.5 - left) / width,
        (f64::from(y) + 0.5 - top) / height,
    );
    if !(0.0..1.0).contains(&across) || !(0.0..1.0).contains(&down) {
        return None;
    }
    let [u, v, du, dv] = tile.uv.map(f64::from);
    let (upright_x, upright_y) = (u + across * du, v + down * dv);
    // A picture stored so that turning it clockwise brings it upright.
    let (stored_x, stored_y) = match picture.rotation {
        Rotation::None => (upright_x, upright_y),
        Rotation::Quarter => (upright_y, 1.0 - upright_x),
        Rotation::Half => (1.0 - upright_x, 1.0 - upright_y),
        Rotation::ThreeQuarters => (1.0 - upright_y, upright_x),
    };
    let step = f64::from(1_u32 << picture.halvings);
    let (px, py) = (
        stored_x * f64::from(picture.source_width) / step,
        stored_y * f64::from(picture.source_height) / step,
    );
    let luma = bilinear(
        |x, y| picture.y[(y * picture.width + x) as usize],
        (picture.width, picture.height),
        px,
        py,
    );
    let chroma_size = picture.chroma_size();
    let chroma = |component: u32| {
        bilinear(
            |x, y| picture.uv[(2 * (y * chroma_size.0 + x) + component) as usize],
            chroma_size,
            px / 2.0,
            py / 2.0,
        )
    };
    let [r, g, b] = rgb_of([luma, chroma(0), chroma(1)], picture.colour);
    let [grey, ..] = rgb_of([luma, 128.0, 128.0], picture.colour);
    let (share, dim) = (f64::from(tile.grey), f64::from(tile.dim));
    Some([r, g, b].map(|channel| {
        let toned = channel * (1.0 - share) + grey * share;
        (toned * dim).clamp(0.0, 255.0)
    }))
}
