//! A decoded picture as `media` hands it on, and its colour science in numbers.
//!
//! A [`Frame`] does not say how its memory came to be: system memory now, a slot of a ring shared
//! with a decoder process, DMA-BUF or a GPU surface later are variants of [`Memory`], not second
//! code paths.

use std::fmt;
use std::time::Instant;

use crate::base::clock::{MediaTime, WallTime};

/// The matrix that relates Y'CbCr to R'G'B' (ITU-T H.273 table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Matrix {
    /// ITU-R BT.601 (and SMPTE 170M): standard definition, and JPEG.
    Bt601,
    /// ITU-R BT.709: high definition.
    #[default]
    Bt709,
    /// ITU-R BT.2020, non-constant luminance.
    Bt2020,
}

impl Matrix {
    /// The luma weights of red and blue, Kr and Kb (H.273 table 4).
    pub fn kr_kb(self) -> (f32, f32) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }

    /// What to assume when a stream does not say: 601 up to 576 lines, 709 above.
    pub fn assumed_for(height: u32) -> Self {
        if height <= 576 {
            Self::Bt601
        } else {
            Self::Bt709
        }
    }
}

/// The range of the 8-bit codes (H.273 `VideoFullRangeFlag`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Range {
    /// Y 16–235, C 16–240.
    #[default]
    Limited,
    /// 0–255.
    Full,
}

/// How a picture's codes become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Colour {
    /// Matrix.
    pub matrix: Matrix,
    /// Range.
    pub range: Range,
}

/// How the samples lie. All are 8 bits, 4:2:0, chroma planes of `ceil(w/2) × ceil(h/2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Three planes Y, U, V.
    I420,
    /// Two planes Y and interleaved U, V.
    Nv12,
}

/// Quarter turns clockwise that bring the picture upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Rotation {
    /// Upright.
    #[default]
    None,
    /// 90°.
    Quarter,
    /// 180°.
    Half,
    /// 270°.
    ThreeQuarters,
}

/// When and as which number the camera took a picture, where the stream tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The camera's own clock at capture.
    pub wall: WallTime,
    /// The camera's frame number, where it has one.
    pub number: Option<u64>,
}

/// One plane: rows of `stride_bytes`, of which the first samples count.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// At least `stride_bytes × (rows − 1) + row length` bytes.
    pub bytes: &'a [u8],
    /// Bytes from one row to the next.
    pub stride_bytes: usize,
}

/// Planes that lie in this process's address space, whoever owns them.
pub trait SystemPlanes: Send + Sync {
    /// Plane `index` (0 = Y; then U and V, or UV).
    fn plane(&self, index: usize) -> Plane<'_>;
}

/// Where a frame's samples are.
#[non_exhaustive]
pub enum Memory {
    /// In this process's address space.
    System(Box<dyn SystemPlanes>),
}

/// Whether anything of a picture is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Integrity {
    /// Nothing, as far as is known.
    #[default]
    Whole,
    /// Part of it did not arrive, or was concealed by the decoder.
    Damaged,
    /// It arrived as it was sent, but refers to pictures of which something is missing.
    Tainted,
}

/// A decoded picture.
pub struct Frame {
    /// Rises by one with every frame of a feed; never reused within a feed.
    pub serial: u64,
    /// Presentation time in its stream.
    pub pts: MediaTime,
    /// When its last packet arrived here.
    pub arrival: Instant,
    /// When the camera took it, if it says.
    pub capture: Option<Capture>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Order of samples.
    pub layout: Layout,
    /// Colour of samples.
    pub colour: Colour,
    /// How to turn it upright.
    pub rotation: Rotation,
    /// Whether anything of it is missing.
    pub integrity: Integrity,
    /// The samples.
    pub memory: Memory,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("serial", &self.serial)
            .field("size", &(self.width, self.height))
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

/// Planes in vectors of our own: for tests, test patterns and stills.
#[derive(Clone, Debug)]
pub struct OwnedPlanes(pub Vec<(Vec<u8>, usize)>);

impl SystemPlanes for OwnedPlanes {
    fn plane(&self, index: usize) -> Plane<'_> {
        let (bytes, stride_bytes) = &self.0[index];
        Plane {
            bytes,
            stride_bytes: *stride_bytes,
        }
    }
}
