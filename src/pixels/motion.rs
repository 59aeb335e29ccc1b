//! How much of a picture has changed since a moment ago: what tells the detectors which camera is
//! worth a look. A grid of samples, whatever the picture's size, so that it costs next to nothing.

use crate::model::frame::Plane;

/// Samples across and down that are compared. A row costs what its whole line costs to fetch, so there are
/// fewer rows than columns; the lowest person that a detector finds stands in several of them.
const GRID: (usize, usize) = (160, 45);
/// A sample has changed when it differs by at least this many codes: more than a codec's noise and
/// less than a person in the dusk.
const CHANGED_BY: u8 = 10;

/// The movement of one camera.
#[derive(Clone, Debug, Default)]
pub struct Motion {
    before: Vec<u8>,
    now: Vec<u8>,
    size: (usize, usize),
    /// Which samples of a row are compared.
    places: Vec<usize>,
}

impl Motion {
    /// The share of the picture, 0..1, that has changed since the last call; nothing for the first
    /// picture, after a change of size, and for a plane that is shorter than its size.
    pub fn step(&mut self, luma: Plane<'_>, width: usize, height: usize) -> Option<f32> {
        let (columns, rows) = (GRID.0.min(width), GRID.1.min(height));
        if columns == 0 || rows == 0 {
            return None;
        }
        if self.size.0 != width {
            // A division for each sample of each picture would cost more than all the rest.
            let place = |column| (2 * column + 1) * width / (2 * columns);
            self.places = (0..columns).map(place).collect();
        }
        self.now.clear();
        for row in 0..rows {
            let begin = (2 * row + 1) * height / (2 * rows) * luma.stride_bytes;
            let line = luma.bytes.get(begin..begin.checked_add(width)?)?;
            self.now
                .extend(self.places.iter().map(|place| line[*place]));
        }
        let is_same = self.size == (width, height) && self.before.len() == self.now.len();
        // Sixteen bits hold a row's worth and more, and many of them are counted at once.
        let rows_of = self.before.chunks(GRID.0).zip(self.now.chunks(GRID.0));
        let changed: usize = rows_of
            .map(|(before, now)| {
                let pairs = before.iter().zip(now);
                let count: u16 = pairs
                    .map(|(before, now)| u16::from(before.abs_diff(*now) >= CHANGED_BY))
                    .sum();
                usize::from(count)
            })
            .sum();
        self.size = (width, height);
        std::mem::swap(&mut self.before, &mut self.now);
        is_same.then(|| changed as f32 / (columns * rows) as f32)
    }

    /// Time has passed unseen.
    pub fn forget(&mut self) {
        self.before.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(motion: &mut Motion, plane: &[u8], width: usize) -> Option<f32> {
        let luma = Plane {
            bytes: plane,
            stride_bytes: width + 8,
        };
        motion.step(luma, width, plane.len() / (width + 8))
    }

    #[test]
    fn what_moves_counts_by_its_size_and_noise_does_not() {
        let mut motion = Motion::default();
        let (width, height) = (640, 360);
        let stride = width + 8;
        let still: Vec<u8> = (0..stride * height).map(|at| (at % 200) as u8).collect();
        assert_eq!(step(&mut motion, &still, width), None, "the first");
        assert_eq!(step(&mut motion, &still, width), Some(0.0));
        let noisy: Vec<u8> = still.iter().map(|code| code + (code % 7)).collect();
        assert_eq!(step(&mut motion, &noisy, width), Some(0.0));
        let mut walker = noisy.clone();
        for row in 100..190 {
            walker[row * stride + 300..row * stride + 332].fill(255);
        }
        let share = step(&mut motion, &walker, width).expect("a share");
        let expected = (90.0 / 360.0) * (32.0 / 640.0);
        assert!((share - expected).abs() < 0.002, "{share}");
    }

    #[test]
    fn other_sizes_and_short_planes_say_nothing() {
        let mut motion = Motion::default();
        assert_eq!(step(&mut motion, &[7; 9 * 2], 1), None);
        assert_eq!(step(&mut motion, &[90; 9 * 2], 1), Some(1.0));
        assert_eq!(step(&mut motion, &[90; 10 * 3], 2), None, "another size");
        let luma = Plane {
            bytes: &[0; 10],
            stride_bytes: 10,
        };
        assert_eq!(motion.step(luma, 10, 5), None, "too short");
        assert_eq!(motion.step(luma, 0, 0), None);
    }
}
