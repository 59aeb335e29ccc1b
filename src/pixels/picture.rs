//! What goes to the GPU: a picture tightly packed as NV12, in buffers that are used again.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::Mutex;

use super::exact::ExactPixels;
use crate::base::clock::MediaTime;
use crate::model::frame::{Capture, Colour, Rotation};

/// A picture could not be made of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No pixel at all.
    #[error("a picture of {width}×{height} has no pixel")]
    Empty {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// No camera has pictures this large; the numbers are damaged.
    #[error("a picture of {width}×{height} is larger than {most} on a side")]
    TooLarge {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The longest side taken.
        most: u32,
    },
    /// A plane ends before its last row, or its rows overlap.
    #[error(
        "plane {plane} has {bytes} bytes in rows {stride_bytes} apart, too few for {rows} rows of {row_bytes}"
    )]
    ShortPlane {
        /// Index of the plane.
        plane: usize,
        /// Its bytes.
        bytes: usize,
        /// Bytes from one row to the next.
        stride_bytes: usize,
        /// Rows it ought to have.
        rows: usize,
        /// Bytes that count in a row.
        row_bytes: usize,
    },
}

/// A picture as it is uploaded: 8 bits, 4:2:0, no padding.
#[derive(Debug)]
pub struct Picture {
    /// The frame's serial: differs from every other picture's of the same feed.
    pub serial: u64,
    /// Width of the decoded frame in pixels.
    pub source_width: u32,
    /// Height of the decoded frame in pixels.
    pub source_height: u32,
    /// How often it was halved from the source.
    pub halvings: u32,
    /// Width of what is here, in pixels: the source's, halved that often, rounded up.
    pub width: u32,
    /// Height of what is here, in pixels.
    pub height: u32,
    /// Luma, `width × height` bytes.
    pub y: Samples,
    /// Chroma, U and V in turn, `2 × ceil(width / 2) × ceil(height / 2)` bytes.
    pub uv: Samples,
    /// The same as pixels of the screen, where the decode workers make these.
    pub exact: Option<ExactPixels>,
    /// What the codes mean.
    pub colour: Colour,
    /// How to turn it upright.
    pub rotation: Rotation,
    /// Presentation time in its stream.
    pub pts: MediaTime,
    /// When its last packet arrived.
    pub arrival: Instant,
    /// When the camera took it, if it says.
    pub capture: Option<Capture>,
}

/// A picture that a detector asked for.
#[derive(Clone, Debug)]
pub struct Look {
    /// The key of its feed.
    pub feed: u64,
    /// The decoded frame, not reduced.
    pub picture: Arc<Picture>,
}

impl Picture {
    /// Width and height of the chroma plane, in samples.
    pub fn chroma_size(&self) -> (u32, u32) {
        (self.width.div_ceil(2), self.height.div_ceil(2))
    }

    /// The part of the samples that the source covers, 0..1 each way: less than 1 where halving
    /// an odd size added a share of a sample at the right or at the bottom.
    pub fn covered(&self) -> [f32; 2] {
        let step = (1_u64 << self.halvings.min(31)) as f32;
        let share = |source: u32, here: u32| {
            let share = source as f32 / step / here as f32;
            if share.is_finite() {
                share.clamp(0.0, 1.0)
            } else {
                1.0
            }
        };
        [
            share(self.source_width, self.width),
            share(self.source_height, self.height),
        ]
    }

    /// Width and height of the source when it is upright, in pixels: what letterboxing needs.
    pub fn upright_size(&self) -> (u32, u32) {
        match self.rotation {
            Rotation::None | Rotation::Half => (self.source_width, self.source_height),
            Rotation::Quarter | Rotation::ThreeQuarters => (self.source_height, self.source_width),
        }
    }

    /// Bytes that go to the GPU.
    pub fn num_bytes(&self) -> usize {
        match &self.exact {
            Some(exact) => exact.bgra.len(),
            None => self.y.len() + self.uv.len(),
        }
    }

    /// Whether the sizes are ones a texture can have and the samples are as many as they say.
    pub fn is_sound(&self) -> bool {
        let (chroma_width, chroma_height) = self.chroma_size();
        self.width > 0
            && self.height > 0
            && self.y.len() as u64 == u64::from(self.width) * u64::from(self.height)
            && self.uv.len() as u64 == 2 * u64::from(chroma_width) * u64::from(chroma_height)
            && self.exact.as_ref().is_none_or(ExactPixels::is_sound)
    }
}

/// Bytes that go back to their [`Pool`] when they are dropped.
#[derive(Default)]
pub struct Samples {
    bytes: Vec<u8>,
    home: Weak<Shelf>,
}

impl Deref for Samples {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Samples {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl From<Vec<u8>> for Samples {
    fn from(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            home: Weak::new(),
        }
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}

impl Drop for Samples {
    fn drop(&mut self) {
        if let Some(home) = self.home.upgrade() {
            home.put(std::mem::take(&mut self.bytes));
        }
    }
}

/// Buffers of pictures that were shown, for pictures to come; a clone is the same pool.
///
/// It keeps at most as many buffers as it was made for; more are freed as they come back. Those that
/// a rush left behind and nobody needed since are let go, half of them at a time.
#[derive(Clone, Debug)]
pub struct Pool(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    free: Mutex<Free>,
    most: usize,
}

#[derive(Debug)]
struct Free {
    /// Those that came back last stand last.
    buffers: Vec<Vec<u8>>,
    /// The fewest there were since the last look.
    fewest: usize,
    /// How many came back since the last look.
    returned: usize,
}

/// After so many returned buffers those that were not needed are looked at: some seconds of a full
/// wall.
const LOOK_EVERY: usize = 4096;

impl Pool {
    /// Keeps at most `most` free buffers (two per picture).
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Shelf {
            free: Mutex::new(Free {
                buffers: Vec::with_capacity(most.min(1024)),
                fewest: 0,
                returned: 0,
            }),
            most,
        }))
    }

    /// A buffer of `len` bytes of any value.
    pub fn take(&self, len: usize) -> Samples {
        let mut bytes = self.0.find(len).unwrap_or_default();
        bytes.resize(len, 0);
        Samples {
            bytes,
            home: Arc::downgrade(&self.0),
        }
    }

    /// Buffers that wait to be used again.
    pub fn num_free(&self) -> usize {
        self.0.free.lock().buffers.len()
    }
}

impl Shelf {
    /// A free buffer that holds `len` and not more than twice that: the newest such.
    fn find(&self, len: usize) -> Option<Vec<u8>> {
        let mut free = self.free.lock();
        let at = free
            .buffers
            .iter()
            .rposition(|bytes| bytes.capacity() >= len && bytes.capacity() / 2 <= len)?;
        let found = free.buffers.remove(at);
        free.fewest = free.fewest.min(free.buffers.len());
        Some(found)
    }

    /// Takes a buffer back; the one that waited longest goes when the shelf is full.
    fn put(&self, bytes: Vec<u8>) {
        if bytes.capacity() == 0 || self.most == 0 {
            return;
        }
        // Freed after the lock.
        let surplus: Vec<Vec<u8>> = {
            let mut free = self.free.lock();
            let mut gone = usize::from(free.buffers.len() >= self.most);
            free.returned += 1;
            if free.returned >= LOOK_EVERY {
                gone = gone.max(free.fewest.div_ceil(2));
                free.returned = 0;
                free.fewest = usize::MAX;
            }
            let surplus = free.buffers.drain(..gone).collect();
            free.buffers.push(bytes);
            free.fewest = free.fewest.min(free.buffers.len());
            surplus
        };
        drop(surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_come_back_and_are_used_again() {
        let pool = Pool::new(2);
        let first = pool.take(100);
        let address = first.as_ptr();
        drop(first);
        assert_eq!(pool.num_free(), 1);
        let again = pool.take(80);
        assert_eq!(again.as_ptr(), address);
        assert_eq!(again.len(), 80);
        assert_eq!(pool.num_free(), 0);
    }

    #[test]
    fn a_pool_keeps_no_more_than_it_may_and_no_giants_for_dwarfs() {
        let pool = Pool::new(2);
        drop([pool.take(10), pool.take(10), pool.take(1000)]);
        assert_eq!(pool.num_free(), 2);
        let small = pool.take(10);
        assert_eq!(small.len(), 10);
        assert_eq!(pool.num_free(), 1, "the small one was taken");
        let other = pool.take(10);
        assert_eq!(pool.num_free(), 1, "the large one stays");
        drop((small, other));
    }

    #[test]
    fn what_a_rush_left_behind_is_let_go_and_what_is_needed_stays() {
        let pool = Pool::new(200);
        drop((0..100).map(|_| pool.take(1000)).collect::<Vec<_>>());
        assert_eq!(pool.num_free(), 100);
        for _ in 0..10 * LOOK_EVERY {
            drop([pool.take(1000), pool.take(1000)]);
        }
        assert_eq!(pool.num_free(), 2);
    }

    #[test]
    fn a_buffer_outlives_its_pool() {
        let pool = Pool::new(2);
        let buffer = pool.take(4);
        drop(pool);
        assert_eq!(buffer.len(), 4);
    }
}
