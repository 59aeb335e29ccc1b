//! A picture that a source sends along: a JPEG, looked at as far as its header only.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The largest picture, bytes of JPEG.
pub const MOST_STILL_BYTES: usize = 256 * 1024;
/// The widest and the highest picture, pixels.
pub const MOST_PIXELS: u16 = 4096;

/// A JPEG whose header is in order. It was not decoded: whoever shows it has to expect that it is
/// damaged further on.
#[derive(Clone, PartialEq, Eq)]
pub struct Still {
    jpeg: Arc<[u8]>,
    width: u16,
    height: u16,
}

/// A picture that is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StillProblem {
    /// No base64.
    #[error("it is no base64 (RFC 4648 section 4, with its padding)")]
    Base64,
    /// Too large.
    #[error("it has more than {MOST_STILL_BYTES} bytes")]
    Large,
    /// No whole JPEG.
    #[error("it does not begin and end as one, or its header is damaged")]
    Damaged,
    /// A picture of another size or kind.
    #[error(
        "it has {width} × {height} pixels in {planes} planes, not 1 to {MOST_PIXELS} in 1 or 3"
    )]
    Unfit {
        /// Pixels.
        width: u16,
        /// Pixels.
        height: u16,
        /// Grey has 1, colour 3.
        planes: u8,
    },
}

impl Still {
    /// Takes a JPEG.
    ///
    /// # Errors
    /// When it is too large, no whole JPEG, or its size is none that is shown here.
    pub fn new(jpeg: &[u8]) -> Result<Self, StillProblem> {
        if jpeg.len() > MOST_STILL_BYTES {
            return Err(StillProblem::Large);
        }
        let (width, height, planes) = size(jpeg).ok_or(StillProblem::Damaged)?;
        let fits = |side| (1..=MOST_PIXELS).contains(&side);
        if !fits(width) || !fits(height) || !matches!(planes, 1 | 3) {
            return Err(StillProblem::Unfit {
                width,
                height,
                planes,
            });
        }
        Ok(Self {
            jpeg: jpeg.into(),
            width,
            height,
        })
    }

    /// Takes a JPEG in base64.
    ///
    /// # Errors
    /// As [`Self::new`], or when it is no base64.
    pub fn from_base64(text: &str) -> Result<Self, StillProblem> {
        if text.len() > MOST_STILL_BYTES.div_ceil(3) * 4 {
            return Err(StillProblem::Large);
        }
        let jpeg = STANDARD
            .decode(text)
            .map_err(|_shape| StillProblem::Base64)?;
        Self::new(&jpeg)
    }

    /// In base64.
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.jpeg)
    }

    /// The file's bytes.
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Pixels, by its header.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Pixels, by its header.
    pub fn height(&self) -> u16 {
        self.height
    }
}

impl fmt::Debug for Still {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.jpeg.len();
        write!(f, "Still({} × {}, {bytes} bytes)", self.width, self.height)
    }
}

/// Width, height and number of planes from the first frame header (ITU-T T.81 annex B.2.2): baseline,
/// extended or progressive.
fn size(jpeg: &[u8]) -> Option<(u16, u16, u8)> {
    let body = jpeg
        .strip_prefix(&[0xff, 0xd8])?
        .strip_suffix(&[0xff, 0xd9])?;
    let mut at = 0;
    loop {
        let (&[mark, kind], rest) = body.get(at..)?.split_first_chunk()?;
        if mark != 0xff {
            return None;
        }
        match kind {
            // A fill byte before a marker.
            0xff => at += 1,
            // Nothing that stands alone, and no scan, comes before the frame header.
            0x00 | 0x01 | 0xd0..=0xda => return None,
            _ => {
                let (length, segment) = rest.split_first_chunk()?;
                let length = usize::from(u16::from_be_bytes(*length));
                let segment = segment.get(..length.checked_sub(2)?)?;
                if matches!(kind, 0xc0..=0xc2) {
                    let &[_bits, h1, h2, w1, w2, planes] = segment.first_chunk()?;
                    return Some((
                        u16::from_be_bytes([w1, w2]),
                        u16::from_be_bytes([h1, h2]),
                        planes,
                    ));
                }
                at += 2 + length;
            }
        }
    }
}
