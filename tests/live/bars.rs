//! What stands in the pixels of the odd cameras: their number, four times, and two colours.

use qyran::pixels::Picture;

const BANDS: u32 = 4;
const CELLS: u32 = 16;

/// The number that one bar of a picture shows; nothing where it cannot be read.
fn number_in(picture: &Picture, band: u32) -> Option<usize> {
    // A bar lies at 8 to 36 of the 48 rows of its quarter.
    let y = ((band as f32 + 22.0 / 48.0) / BANDS as f32 * picture.height as f32) as u32;
    let value = |cell: u32| {
        let x = ((cell as f32 + 0.5) / CELLS as f32 * picture.width as f32) as u32;
        i32::from(picture.y[(y * picture.width + x) as usize])
    };
    let (white, black) = (value(0), value(1));
    let (middle, doubt) = (i32::midpoint(white, black), (white - black) / 6);
    if white - black < 80 {
        return None;
    }
    let mut bits = 0_usize;
    for cell in 2..CELLS {
        let off = value(cell) - middle;
        if off.abs() < doubt {
            return None;
        }
        bits = bits << 1 | usize::from(off > 0);
    }
    let (number, parity) = (bits >> 2, bits & 3);
    let wanted = if number.count_ones() % 2 == 1 { 2 } else { 1 };
    (parity == wanted).then_some(number)
}

/// The number of a picture, or the numbers that it is put together of.
pub(crate) fn number_of(picture: &Picture) -> Result<usize, Vec<Option<usize>>> {
    let read: Vec<_> = (0..BANDS).map(|band| number_in(picture, band)).collect();
    match read[0] {
        Some(number) if read.iter().all(|other| *other == Some(number)) => Ok(number),
        _ => Err(read),
    }
}

/// Red on the left, blue on the right, between all bars.
pub(crate) fn has_its_colours(picture: &Picture) -> bool {
    let (width, height) = picture.chroma_size();
    let at = |x: f32, band: u32| {
        let y = ((band as f32 + 43.0 / 48.0) / BANDS as f32 * height as f32) as u32;
        let place = 2 * (y * width + (x * width as f32) as u32) as usize;
        i32::from(picture.uv[place + 1]) - i32::from(picture.uv[place])
    };
    (0..BANDS).all(|band| at(0.25, band) > 40 && at(0.75, band) < -40)
}
