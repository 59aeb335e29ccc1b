//! What can be seen in a picture without knowing what it shows: whether it moved, whether there is
//! anything in it.
//!
//! Thresholds and how they were found: `docs/design/004-proof-of-life.md`.

/// The picture is divided into so many regions across and down.
pub const REGIONS: (usize, usize) = (16, 9);

/// A sample has changed when it differs by at least this many codes: more than a codec's noise.
const CHANGED_BY: u8 = 4;
/// And a region when at least so many of its samples have.
const CHANGED_SAMPLES: u32 = 2;

/// Regions of `now` that differ from `before`, of 144; counting stops above `enough`, so that a
/// moving picture costs a fraction of a still one. Both are luma of `width` samples a row; a last
/// row that is not whole is left out.
///
/// # Panics
/// Never; planes of different lengths differ everywhere.
pub fn changed_regions(before: &[u8], now: &[u8], width: usize, enough: u32) -> u32 {
    let all = (REGIONS.0 * REGIONS.1) as u32;
    if before.len() != now.len() || width == 0 {
        return all;
    }
    let height = now.len() / width;
    let mut changed = 0;
    for band in 0..REGIONS.1 {
        let rows = band * height / REGIONS.1..(band + 1) * height / REGIONS.1;
        let mut samples = [0_u32; REGIONS.0];
        for row in rows {
            let row = row * width..(row + 1) * width;
            let (before, now) = (&before[row.clone()], &now[row]);
            for (column, samples) in samples.iter_mut().enumerate() {
                let part = column * width / REGIONS.0..(column + 1) * width / REGIONS.0;
                *samples += differing(&before[part.clone()], &now[part]);
            }
        }
        changed += samples.iter().filter(|n| **n >= CHANGED_SAMPLES).count() as u32;
        if changed > enough {
            return changed;
        }
    }
    changed
}

/// How many samples differ by [`CHANGED_BY`] or more.
fn differing(before: &[u8], now: &[u8]) -> u32 {
    before
        .iter()
        .zip(now)
        .map(|(before, now)| u32::from(before.abs_diff(*now) >= CHANGED_BY))
        .sum()
}

/// Brightness and how far it varies.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Light {
    /// Mean of the luma codes, 0..255.
    pub mean: f32,
    /// Their standard deviation.
    pub deviation: f32,
}

/// Every so many samples count for [`light`]; coprime to usual widths, so that no column is
/// preferred.
const LIGHT_STEP: usize = 13;

/// Brightness of a plane of luma, from one sample in thirteen; nothing for an empty plane.
pub fn light(luma: &[u8]) -> Light {
    let (mut count, mut sum, mut squares) = (0_u64, 0_u64, 0_u64);
    for sample in luma.iter().step_by(LIGHT_STEP) {
        let sample = u64::from(*sample);
        (count, sum, squares) = (count + 1, sum + sample, squares + sample * sample);
    }
    if count == 0 {
        return Light::default();
    }
    let mean = sum as f64 / count as f64;
    let variance = (squares as f64 / count as f64 - mean * mean).max(0.0);
    Light {
        mean: mean as f32,
        deviation: variance.sqrt() as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 180;

    fn plane(code: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        (0..WIDTH * HEIGHT)
            .map(|at| code(at % WIDTH, at / WIDTH))
            .collect()
    }

    #[test]
    fn a_region_changes_by_two_clear_samples_and_not_by_noise() {
        let before = plane(|x, y| (x + y) as u8 / 2);
        assert_eq!(changed_regions(&before, &before, WIDTH, 144), 0);
        let noisy = plane(|x, y| (x + y) as u8 / 2 + ((x * 7 + y * 3) % 4) as u8);
        assert_eq!(
            changed_regions(&before, &noisy, WIDTH, 144),
            0,
            "codec noise"
        );
        let mut one = before.clone();
        one[50 * WIDTH + 50] += 40;
        assert_eq!(changed_regions(&before, &one, WIDTH, 144), 0, "one sample");
        one[51 * WIDTH + 51] += 40;
        assert_eq!(changed_regions(&before, &one, WIDTH, 144), 1);
        let all = plane(|x, y| 255 - (x + y) as u8 / 2);
        assert_eq!(changed_regions(&before, &all, WIDTH, 144), 144);
        assert!(changed_regions(&before, &all, WIDTH, 8) < 40, "stops early");
    }

    #[test]
    fn a_clock_in_a_corner_changes_few_regions() {
        let before = plane(|_, _| 90);
        // 150 × 14 samples at the left top, as cameras burn date and time in.
        let ticked = plane(|x, y| {
            if x < 150 && y < 14 && (x + y) % 3 == 0 {
                235
            } else {
                90
            }
        });
        let changed = changed_regions(&before, &ticked, WIDTH, 144);
        assert!((1..=8).contains(&changed), "{changed}");
    }

    #[test]
    fn other_sizes_differ_everywhere() {
        assert_eq!(changed_regions(&[1, 2], &[1, 2, 3], 1, 9), 144);
        assert_eq!(changed_regions(&[], &[], 0, 9), 144);
        assert_eq!(
            changed_regions(&[7; 6], &[7; 6], 3, 9),
            0,
            "smaller than the grid"
        );
    }

    #[test]
    fn light_is_mean_and_deviation() {
        let flat = light(&plane(|_, _| 16));
        assert_eq!((flat.mean, flat.deviation), (16.0, 0.0));
        let half = light(&plane(|x, _| if x < WIDTH / 2 { 50 } else { 150 }));
        assert!((half.mean - 100.0).abs() < 2.0 && (half.deviation - 50.0).abs() < 1.0);
        assert_eq!(light(&[]), Light::default());
    }
}
