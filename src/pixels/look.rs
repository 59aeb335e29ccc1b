//! What can be seen in a picture without knowing what it shows: whether it moved, whether there is
//! anything in it.
//!
//! Thresholds and how they were found: `docs/design/004-proof-of-life.md`.

/// The picture is divided into so many regions across and down.
pub const REGIONS: (usize, usize) = (16, 9);

/// A sample has changed when it differs by at least this many codes: more than a codec's noise.
pub const CHANGED: u8 = 4;
/// It has clearly changed from so many codes on: more than a keyframe brings that encodes the same
/// picture anew.
pub const CLEARLY_CHANGED: u8 = 12;
/// And a region when at least so many of its samples have.
const CHANGED_SAMPLES: u32 = 2;

/// Some of the [`REGIONS`]: a word for each row of them, a bit for each column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Regions([u16; REGIONS.1]);

impl Regions {
    /// All of them.
    pub const ALL: Self = Self([u16::MAX; REGIONS.1]);

    /// How many there are, 0..=144.
    pub fn count(self) -> u32 {
        self.0.iter().map(|row| row.count_ones()).sum()
    }

    /// Whether the region with this number is among them; regions are numbered row by row.
    pub fn contains(self, region: usize) -> bool {
        self.0
            .get(region / REGIONS.0)
            .is_some_and(|row| row >> (region % REGIONS.0) & 1 == 1)
    }

    /// That with this number, or none.
    pub fn only(region: usize) -> Self {
        let mut only = Self::default();
        if let Some(row) = only.0.get_mut(region / REGIONS.0) {
            *row = 1 << (region % REGIONS.0);
        }
        only
    }

    /// Those that are not among `others`.
    #[must_use]
    pub fn without(mut self, others: Self) -> Self {
        for (row, other) in self.0.iter_mut().zip(others.0) {
            *row &= !other;
        }
        self
    }

    /// Their numbers, lowest first.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(row, bits)| {
            (0..REGIONS.0)
                .filter(move |column| bits >> column & 1 == 1)
                .map(move |column| row * REGIONS.0 + column)
        })
    }
}

/// Regions of `now` in which at least two samples differ from `before` by `codes` or more. It stops
/// when there are more than `enough`, so that a moving picture costs a fraction of a still one. Both
/// are luma of `width` samples a row; a last row that is not whole is left out.
///
/// # Panics
/// Never; planes of different lengths differ everywhere.
pub fn changed_regions(before: &[u8], now: &[u8], width: usize, codes: u8, enough: u32) -> Regions {
    if before.len() != now.len() || width == 0 {
        return Regions::ALL;
    }
    let height = now.len() / width;
    let mut changed = Regions::default();
    for band in 0..REGIONS.1 {
        let rows = band * height / REGIONS.1..(band + 1) * height / REGIONS.1;
        let mut samples = [0_u32; REGIONS.0];
        for row in rows {
            let row = row * width..(row + 1) * width;
            let (before, now) = (&before[row.clone()], &now[row]);
            // Most rows of a still picture are the very same, which is quickly seen.
            if before == now {
                continue;
            }
            for (column, samples) in samples.iter_mut().enumerate() {
                let part = column * width / REGIONS.0..(column + 1) * width / REGIONS.0;
                *samples += differing(&before[part.clone()], &now[part], codes);
            }
        }
        for (column, samples) in samples.iter().enumerate() {
            changed.0[band] |= u16::from(*samples >= CHANGED_SAMPLES) << column;
        }
        if changed.count() > enough {
            return changed;
        }
    }
    changed
}

/// Copies some regions of a plane of luma of `width` samples a row to another; nothing when they are
/// of different lengths.
pub fn copy_regions(from: &[u8], to: &mut [u8], width: usize, regions: Regions) {
    if from.len() != to.len() || width == 0 {
        return;
    }
    let height = from.len() / width;
    for region in regions.iter() {
        let (column, band) = (region % REGIONS.0, region / REGIONS.0);
        let part = column * width / REGIONS.0..(column + 1) * width / REGIONS.0;
        for row in band * height / REGIONS.1..(band + 1) * height / REGIONS.1 {
            let part = row * width + part.start..row * width + part.end;
            to[part.clone()].copy_from_slice(&from[part]);
        }
    }
}

/// How many samples differ by so many codes or more.
fn differing(before: &[u8], now: &[u8], codes: u8) -> u32 {
    before
        .iter()
        .zip(now)
        .map(|(before, now)| u32::from(before.abs_diff(*now) >= codes))
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

/// How much detail there is, fine and coarse.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Detail {
    /// Mean absolute second difference of neighbouring samples, codes: what a lens out of focus
    /// takes away first.
    pub fine: f32,
    /// Mean absolute difference of samples [`COARSE_STEP`] apart, codes: what is left of it then.
    pub coarse: f32,
}

/// Samples apart along a row for [`Detail::coarse`].
pub const COARSE_STEP: usize = 8;
/// Every so many rows count for [`detail`].
const DETAIL_ROWS: usize = 3;

/// Detail along the rows of a plane of luma of `width` samples a row, from every third row; nothing
/// for a plane that is too small to have any.
pub fn detail(luma: &[u8], width: usize) -> Detail {
    if width <= COARSE_STEP || luma.len() < width {
        return Detail::default();
    }
    let (mut fine, mut coarse, mut rows) = (0_u64, 0_u64, 0_u64);
    for row in luma.chunks_exact(width).step_by(DETAIL_ROWS) {
        let second: u32 = row
            .iter()
            .zip(&row[1..])
            .zip(&row[2..])
            .map(|((a, b), c)| {
                u32::from((u16::from(*a) + u16::from(*c)).abs_diff(2 * u16::from(*b)))
            })
            .sum();
        let apart: u32 = row
            .iter()
            .zip(&row[COARSE_STEP..])
            .map(|(a, b)| u32::from(a.abs_diff(*b)))
            .sum();
        fine += u64::from(second);
        coarse += u64::from(apart);
        rows += 1;
    }
    Detail {
        fine: fine as f32 / (rows * (width as u64 - 2)) as f32,
        coarse: coarse as f32 / (rows * (width - COARSE_STEP) as u64) as f32,
    }
}

/// A picture in 144 numbers, to be compared with another of the same camera whatever its size:
/// the mean luma of each of the [`REGIONS`].
#[derive(Clone, Debug, PartialEq)]
pub struct View(pub [f32; REGIONS.0 * REGIONS.1]);

/// Every so many samples of a row, and rows, count for [`view`].
const VIEW_STEP: usize = 3;

/// The view of a plane of luma; `None` for a plane with fewer samples than regions.
pub fn view(luma: &[u8], width: usize) -> Option<View> {
    let height = luma.len().checked_div(width)?;
    if width < REGIONS.0 * VIEW_STEP || height < REGIONS.1 * VIEW_STEP {
        return None;
    }
    let mut means = [0.0; REGIONS.0 * REGIONS.1];
    for (band, means) in means.chunks_exact_mut(REGIONS.0).enumerate() {
        let mut sums = [0_u32; REGIONS.0];
        let mut counts = [0_u32; REGIONS.0];
        let rows = band * height / REGIONS.1..(band + 1) * height / REGIONS.1;
        for row in rows.step_by(VIEW_STEP) {
            let row = &luma[row * width..(row + 1) * width];
            for column in 0..REGIONS.0 {
                let part = column * width / REGIONS.0..(column + 1) * width / REGIONS.0;
                let part = row[part].iter().step_by(VIEW_STEP);
                counts[column] += part.len() as u32;
                sums[column] += part.map(|s| u32::from(*s)).sum::<u32>();
            }
        }
        for ((mean, sum), count) in means.iter_mut().zip(sums).zip(counts) {
            *mean = sum as f32 / count.max(1) as f32;
        }
    }
    Some(View(means))
}

impl View {
    /// How alike two views are, −1..1, whatever their brightness and contrast (Pearson's
    /// correlation); 0 when one of them is flat.
    pub fn likeness(&self, other: &Self) -> f32 {
        let n = self.0.len() as f32;
        let mean = |view: &Self| view.0.iter().sum::<f32>() / n;
        let (mean_a, mean_b) = (mean(self), mean(other));
        let (mut both, mut a2, mut b2) = (0.0, 0.0, 0.0);
        for (a, b) in self.0.iter().zip(&other.0) {
            let (a, b) = (a - mean_a, b - mean_b);
            both += a * b;
            a2 += a * a;
            b2 += b * b;
        }
        let scale = (a2 * b2).sqrt();
        if scale > f32::EPSILON {
            both / scale
        } else {
            0.0
        }
    }

    /// How many regions are at least so many codes lighter or darker than in the other.
    pub fn otherwise_lit(&self, other: &Self, codes: f32) -> u32 {
        let pairs = self.0.iter().zip(&other.0);
        pairs.map(|(a, b)| u32::from((a - b).abs() >= codes)).sum()
    }

    /// Moves towards `newer` by a share, 0..1.
    pub fn learn(&mut self, newer: &Self, share: f32) {
        for (old, new) in self.0.iter_mut().zip(&newer.0) {
            *old += (new - *old) * share;
        }
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

    fn count(before: &[u8], now: &[u8], width: usize, enough: u32) -> u32 {
        changed_regions(before, now, width, CHANGED, enough).count()
    }

    #[test]
    fn regions_are_told_by_their_numbers() {
        let before = plane(|_, _| 90);
        let thing = |x: usize, y: usize| (45..50).contains(&x) && (70..75).contains(&y);
        let now = plane(|x, y| if thing(x, y) { 99 } else { 90 });
        let changed = changed_regions(&before, &now, WIDTH, CHANGED, 144);
        assert_eq!(changed.iter().collect::<Vec<_>>(), [3 * REGIONS.0 + 2]);
        assert!(changed.contains(50) && !changed.contains(51) && !changed.contains(999));
        assert_eq!(changed.without(changed), Regions::default());
        assert_eq!(Regions::ALL.without(changed).count(), 143);
        let clearly = changed_regions(&before, &now, WIDTH, CLEARLY_CHANGED, 144);
        assert_eq!(clearly, Regions::default(), "nine codes are not clear");
    }

    #[test]
    fn a_region_changes_by_two_clear_samples_and_not_by_noise() {
        let before = plane(|x, y| (x + y) as u8 / 2);
        assert_eq!(count(&before, &before, WIDTH, 144), 0);
        let noisy = plane(|x, y| (x + y) as u8 / 2 + ((x * 7 + y * 3) % 4) as u8);
        assert_eq!(count(&before, &noisy, WIDTH, 144), 0, "codec noise");
        let mut one = before.clone();
        one[50 * WIDTH + 50] += 40;
        assert_eq!(count(&before, &one, WIDTH, 144), 0, "one sample");
        one[51 * WIDTH + 51] += 40;
        assert_eq!(count(&before, &one, WIDTH, 144), 1);
        let all = plane(|x, y| 255 - (x + y) as u8 / 2);
        assert_eq!(count(&before, &all, WIDTH, 144), 144);
        assert!(count(&before, &all, WIDTH, 8) < 40, "stops early");
    }

    #[test]
    fn regions_that_are_copied_are_alike_and_the_others_are_not() {
        let from = plane(|x, y| (x + y) as u8 / 2);
        let mut to = plane(|_, _| 255);
        copy_regions(&from, &mut to, WIDTH, Regions::only(50));
        let changed = changed_regions(&from, &to, WIDTH, CHANGED, 144);
        assert_eq!(changed, Regions::ALL.without(Regions::only(50)));
        copy_regions(&from[1..], &mut to, WIDTH, Regions::ALL);
        assert_eq!(changed_regions(&from, &to, WIDTH, CHANGED, 144), changed);
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
        let changed = count(&before, &ticked, WIDTH, 144);
        assert!((1..=8).contains(&changed), "{changed}");
    }

    #[test]
    fn other_sizes_differ_everywhere() {
        assert_eq!(count(&[1, 2], &[1, 2, 3], 1, 9), 144);
        assert_eq!(count(&[], &[], 0, 9), 144);
        assert_eq!(count(&[7; 6], &[7; 6], 3, 9), 0, "smaller than the grid");
    }

    #[test]
    fn light_is_mean_and_deviation() {
        let flat = light(&plane(|_, _| 16));
        assert_eq!((flat.mean, flat.deviation), (16.0, 0.0));
        let half = light(&plane(|x, _| if x < WIDTH / 2 { 50 } else { 150 }));
        assert!((half.mean - 100.0).abs() < 2.0 && (half.deviation - 50.0).abs() < 1.0);
        assert_eq!(light(&[]), Light::default());
    }

    #[test]
    fn smoothing_takes_the_fine_detail_first() {
        let sharp = plane(|x, y| 60 + ((x * 37 + y * 11) % 120) as u8);
        let smooth = plane(|x, y| {
            let mean = (x.saturating_sub(3)..x + 4).map(|x| 60 + (x * 37 + y * 11) % 120);
            (mean.sum::<usize>() / 7) as u8
        });
        let (sharp, smooth) = (detail(&sharp, WIDTH), detail(&smooth, WIDTH));
        assert!(smooth.fine / smooth.coarse < 0.6 * sharp.fine / sharp.coarse);
        assert_eq!(detail(&[1; 8], 8), Detail::default(), "too narrow");
    }

    #[test]
    fn a_view_is_alike_whatever_its_size_and_light_and_unlike_another() {
        let scene = |x: usize, y: usize, width: usize| {
            (60 + (x * 16 / width * 31 + y * 16 / width * 17) % 100) as u8
        };
        let large = view(&plane(|x, y| scene(x, y, WIDTH)), WIDTH).unwrap();
        let small: Vec<u8> = (0..160 * 90)
            .map(|at| scene(at % 160, at / 160, 160) / 2 + 9)
            .collect();
        let small = view(&small, 160).unwrap();
        assert!(large.likeness(&small) > 0.97, "{}", large.likeness(&small));
        let mirrored = view(&plane(|x, y| scene(WIDTH - 1 - x, y, WIDTH)), WIDTH).unwrap();
        assert!(
            large.likeness(&mirrored) < 0.5,
            "{}",
            large.likeness(&mirrored)
        );
        let flat = view(&plane(|_, _| 80), WIDTH).unwrap();
        assert_eq!(large.likeness(&flat), 0.0);
        assert_eq!(view(&[0; 9], 3), None, "too small");
    }
}
