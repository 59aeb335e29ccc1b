//! What was noticed, as a picture: the part of the frame around it, kept beside the fact.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::base::ageing;
use crate::base::clock::WallTime;
use crate::base::hex::hex;
use crate::model::detection::Region;
use crate::model::detection::fact::{Fact, Still};
use crate::pixels::tensor::{self, Axes, Fit, Form, Order, TensorError};
use crate::pixels::{Picture, Pool};

/// Around what was noticed as much again on each side as this share of its size …
const AROUND: f32 = 0.5;
/// … and at least this share of the picture.
const AT_LEAST: f32 = 0.04;
/// No still is wider or higher, pixels.
const LONGEST_SIDE: f32 = 960.0;

/// A still could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum StillError {
    /// The picture is not what it says.
    #[error(transparent)]
    Picture(#[from] TensorError),
    /// It cannot be written as PNG.
    #[error("the still is no PNG: {0}")]
    Png(#[from] png::EncodingError),
    /// The file cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Keeps the part of `picture` around `fact`, taken at `at`, in `folder`: a file of the fact's id.
///
/// # Errors
/// When the picture is not what it says, or the disk does not take it.
pub(super) fn keep(
    folder: &Path,
    fact: &Fact,
    picture: &Picture,
    at: WallTime,
    pool: &Pool,
) -> Result<Still, StillError> {
    let part = around(&fact.region);
    let bytes = png_of(picture, part, pool)?;
    let name = format!("{}.png", fact.id);
    ageing::keep(folder, &name, &bytes).map_err(|source| StillError::File {
        path: folder.join(&name),
        source,
    })?;
    Ok(Still {
        file: name,
        sha256: hex(&Sha256::digest(&bytes)),
        at,
        crop: Some(part),
    })
}

fn around(region: &Region) -> Region {
    let across = (region.width() * AROUND).max(AT_LEAST);
    let down = (region.height() * AROUND).max(AT_LEAST);
    let part = Region {
        left: region.left - across,
        top: region.top - down,
        right: region.right + across,
        bottom: region.bottom + down,
    }
    .within_picture();
    if part.is_sound() { part } else { Region::WHOLE }
}

fn png_of(picture: &Picture, part: Region, pool: &Pool) -> Result<Vec<u8>, StillError> {
    let (width, height) = picture.upright_size();
    let (across, down) = (part.width() * width as f32, part.height() * height as f32);
    let scale = (LONGEST_SIDE / across.max(down).max(1.0)).min(1.0);
    let side = |length: f32| (length * scale).round().max(1.0) as usize;
    let form = Form {
        width: side(across),
        height: side(down),
        order: Order::Rgb,
        axes: Axes::Nhwc,
        fit: Fit::Stretch,
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    let mut values = Vec::new();
    tensor::fill(picture, part, &form, pool, &mut values)?;
    let pixels: Vec<u8> = values.iter().map(|value| value.round() as u8).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, form.width as u32, form.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}
