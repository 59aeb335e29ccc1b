//! Files of pictures as pixels: PNG of our own detectors, JPEG that came with an event of the outside.

use std::io::Cursor;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::model::outside::MOST_PIXELS;

/// No picture is longer on a side when it is shown, pixels; larger ones are reduced.
const LONGEST_SIDE: usize = 960;

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum PictureError {
    /// A damaged PNG.
    #[error(transparent)]
    Png(#[from] png::DecodingError),
    /// A damaged JPEG.
    #[error("{0}")]
    Jpeg(String),
    /// Neither, or of a size or kind that is not shown.
    #[error("it is no picture that is shown here")]
    Form,
}

/// Red, green and blue of each pixel, row after row from above.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rgb {
    /// Width and height, pixels.
    pub(super) size: [usize; 2],
    pub(super) pixels: Vec<u8>,
}

/// Reads a picture; one that is too large to be shown comes reduced.
///
/// # Errors
/// When it is damaged, or none of the two kinds.
pub(super) fn read(bytes: &[u8]) -> Result<Rgb, PictureError> {
    let picture = match bytes {
        [0x89, b'P', b'N', b'G', ..] => of_png(bytes)?,
        [0xff, 0xd8, ..] => of_jpeg(bytes)?,
        _ => return Err(PictureError::Form),
    };
    Ok(reduced(picture))
}

fn of_png(bytes: &[u8]) -> Result<Rgb, PictureError> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info()?;
    let most = usize::from(MOST_PIXELS);
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    if width > most || height > most {
        return Err(PictureError::Form);
    }
    let size = reader.output_buffer_size().ok_or(PictureError::Form)?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels)?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err(PictureError::Form);
    }
    pixels.truncate(info.buffer_size());
    Ok(Rgb {
        size: [width, height],
        pixels,
    })
}

fn of_jpeg(bytes: &[u8]) -> Result<Rgb, PictureError> {
    let most = usize::from(MOST_PIXELS);
    // It comes from outside: no shortcuts, and no unchecked arithmetic.
    let options = DecoderOptions::new_safe()
        .set_max_width(most)
        .set_max_height(most)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let pixels = decoder
        .decode()
        .map_err(|error| PictureError::Jpeg(error.to_string()))?;
    let info = decoder.info().ok_or(PictureError::Form)?;
    let size = [usize::from(info.width), usize::from(info.height)];
    let count = size[0] * size[1];
    let pixels = match pixels.len() {
        len if len == count * 3 => pixels,
        // Grey.
        len if len == count => pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
        _ => return Err(PictureError::Form),
    };
    Ok(Rgb { size, pixels })
}

/// The mean of squares of pixels, so that small letters stay legible.
fn reduced(picture: Rgb) -> Rgb {
    let [width, height] = picture.size;
    let step = width.max(height).div_ceil(LONGEST_SIDE);
    if step <= 1 {
        return picture;
    }
    let size = [width.div_ceil(step), height.div_ceil(step)];
    let mut pixels = Vec::with_capacity(size[0] * size[1] * 3);
    for y in 0..size[1] {
        let rows = y * step..((y + 1) * step).min(height);
        for x in 0..size[0] {
            let columns = x * step..((x + 1) * step).min(width);
            let count = (rows.len() * columns.len()) as u32;
            let mut sum = [0_u32; 3];
            for row in rows.clone() {
                let line =
                    &picture.pixels[(row * width + columns.start) * 3..][..columns.len() * 3];
                for pixel in line.chunks_exact(3) {
                    for (sum, value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
            }
            pixels.extend(sum.map(|sum| (sum / count) as u8));
        }
    }
    Rgb { size, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey JPEG of 16 × 8 pixels with the mean brightness everywhere: one table of Huffman codes each
    /// and two blocks without any difference (made by hand after ITU-T T.81).
    fn grey() -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8];
        bytes.extend([0xff, 0xdb, 0, 67, 0]);
        bytes.extend([1; 64]);
        bytes.extend([0xff, 0xc0, 0, 11, 8, 0, 8, 0, 16, 1, 1, 0x11, 0]);
        // One code of one bit in each table: no difference, and the end of the block.
        for class in [0x00, 0x10] {
            bytes.extend([0xff, 0xc4, 0, 20, class, 1]);
            bytes.extend([0; 15]);
            bytes.push(0);
        }
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 63, 0]);
        // Two blocks of two bits each, filled up with ones.
        bytes.push(0b0000_1111);
        bytes.extend([0xff, 0xd9]);
        bytes
    }

    fn png(width: u32, height: u32, colour: png::ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(colour);
        let mut writer = encoder.write_header().expect("a header");
        let samples = width as usize * height as usize * colour.samples();
        let pixels: Vec<u8> = (0..samples).map(|n| (n % 251) as u8).collect();
        writer.write_image_data(&pixels).expect("pixels");
        writer.finish().expect("an end");
        bytes
    }

    #[test]
    fn both_kinds_are_read_and_grey_is_a_colour_too() {
        let own = read(&png(3, 2, png::ColorType::Rgb)).expect("a PNG");
        assert_eq!((own.size, own.pixels), ([3, 2], (0..18).collect()));
        let theirs = read(&grey()).expect("a JPEG");
        assert_eq!(theirs.size, [16, 8]);
        assert_eq!(theirs.pixels, [128; 16 * 8 * 3]);
    }

    #[test]
    fn what_is_too_large_is_reduced_to_the_mean() {
        let large = Rgb {
            size: [1921, 2],
            pixels: (0..1921 * 2)
                .flat_map(|n| [(n % 2 * 100) as u8; 3])
                .collect(),
        };
        let shown = reduced(large);
        assert_eq!(shown.size, [641, 1]);
        assert!(shown.pixels.iter().all(|value| (30..=70).contains(value)));
    }

    #[test]
    fn what_is_damaged_or_of_another_kind_is_refused_or_read_and_never_more() {
        let whole = [grey(), png(9, 9, png::ColorType::Rgb)];
        for bytes in &whole {
            for cut in 0..bytes.len() {
                read(&bytes[..cut]).ok();
                let mut bent = bytes.clone();
                bent[cut] ^= 0x55;
                if let Ok(picture) = read(&bent) {
                    assert_eq!(picture.pixels.len(), picture.size[0] * picture.size[1] * 3);
                }
            }
        }
        for other in [&b"GIF89a"[..], b"", &png(2, 2, png::ColorType::Grayscale)] {
            assert!(read(other).is_err());
        }
    }
}
