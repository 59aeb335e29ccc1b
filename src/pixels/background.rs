//! What a camera's scene looks like when nobody is in it, and what stands otherwise: something that
//! was put down, or something that is gone.
//!
//! A grid of brightness is learned slowly. Where the picture differs from it and then stays as it is,
//! a change stands; cells in which something moves count for nothing meanwhile. A change of the
//! light over the whole picture is taken out, a change of nearly everything begins anew.

use std::time::Duration;

use super::picture::{Picture, Pool};
use super::reduce::{MOST_HALVINGS, reduce_further};
use crate::model::detection::Region;

/// Limits of belief.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A cell differs from the scene by at least this many codes.
    pub differs_by: f32,
    /// It stays as it is while it changes by less than this.
    pub same_within: f32,
    /// For how long something must stand to be a change.
    pub stands_for: Duration,
    /// The first seconds are learned without a word.
    pub learns_for: Duration,
    /// The scene follows slow changes in about this time.
    pub follows_in: Duration,
    /// What has stood for so long belongs to the scene.
    pub belongs_after: Duration,
    /// The smallest change, cells.
    pub least_cells: usize,
    /// The largest, as a share of the picture.
    pub most_share: f32,
    /// Where more of the picture than this is otherwise, the camera was moved or the light switched.
    pub all_share: f32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            differs_by: 14.0,
            same_within: 8.0,
            stands_for: Duration::from_secs(3),
            learns_for: Duration::from_secs(4),
            follows_in: Duration::from_secs(20),
            belongs_after: Duration::from_secs(900),
            least_cells: 6,
            most_share: 0.15,
            all_share: 0.4,
        }
    }
}

/// Something stands otherwise than the scene was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The same while it stands.
    pub id: u64,
    /// Where.
    pub region: Region,
    /// Something is there that was not, rather than gone.
    pub appeared: bool,
    /// Since when, on the clock of the looks.
    pub since: Duration,
    /// How clearly it differs, 0..1.
    pub score: f32,
}

/// One cell of the grid.
#[derive(Clone, Copy, Debug)]
struct Cell {
    /// What the scene is here.
    scene: f32,
    /// What stands here now, where that is otherwise.
    stands: f32,
    /// Since when.
    since: Duration,
    differs: bool,
}

/// The scene of one camera.
#[derive(Debug)]
pub struct Background {
    limits: Limits,
    size: (usize, usize),
    cells: Vec<Cell>,
    begun: Duration,
    last: Duration,
    next_id: u64,
    changes: Vec<Change>,
}

/// Cells in a row at most.
const COLUMNS: u32 = 200;

impl Background {
    /// Knows nothing yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            size: (0, 0),
            cells: Vec::new(),
            begun: Duration::ZERO,
            last: Duration::ZERO,
            next_id: 1,
            changes: Vec::new(),
        }
    }

    /// Looks at a picture, taken at `at` on a clock of the camera's own; `moving` are the regions
    /// of what moves. What stands otherwise, each as long as it does.
    pub fn step(
        &mut self,
        picture: &Picture,
        moving: &[Region],
        at: Duration,
        pool: &Pool,
    ) -> &[Change] {
        let halvings = (0..=MOST_HALVINGS)
            .find(|halvings| picture.width >> halvings <= COLUMNS)
            .unwrap_or(MOST_HALVINGS);
        // A picture that is not sound teaches nothing.
        if let Ok(small) = reduce_further(picture, halvings, pool) {
            let size = (small.width as usize, small.height as usize);
            self.learn(&small.y, size, moving, at);
        }
        &self.changes
    }

    /// What stands otherwise, as the last look saw it.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn begin(&mut self, luma: &[u8], size: (usize, usize), at: Duration) {
        self.size = size;
        self.begun = at;
        self.last = at;
        self.changes.clear();
        self.cells.clear();
        self.cells.extend(luma.iter().map(|code| Cell {
            scene: f32::from(*code),
            stands: f32::from(*code),
            since: at,
            differs: false,
        }));
    }

    fn learn(&mut self, luma: &[u8], size: (usize, usize), moving: &[Region], at: Duration) {
        if self.size != size || at < self.last || self.cells.len() != luma.len() {
            self.begin(luma, size, at);
            return;
        }
        let passed = at.saturating_sub(self.last);
        self.last = at;
        let light = self.light(luma);
        let differing = self
            .cells
            .iter()
            .zip(luma)
            .filter(|(cell, code)| {
                (f32::from(**code) - light - cell.scene).abs() >= self.limits.differs_by
            })
            .count();
        if differing as f32 > self.limits.all_share * luma.len() as f32 {
            self.begin(luma, size, at);
            return;
        }
        let covered = cover(size, moving);
        let learning = at.saturating_sub(self.begun) < self.limits.learns_for;
        let follow = (passed.as_secs_f32() / self.limits.follows_in.as_secs_f32()).min(1.0);
        let limits = self.limits;
        for ((cell, code), covered) in self.cells.iter_mut().zip(luma).zip(&covered) {
            let code = f32::from(*code);
            // Somebody stands in front: what is behind goes on as it was, unseen.
            if *covered {
                if cell.differs {
                    cell.since += passed;
                }
                continue;
            }
            cell.differs = (code - light - cell.scene).abs() >= limits.differs_by;
            if !cell.differs {
                cell.scene += (code - cell.scene) * follow;
                cell.stands = code;
                cell.since = at;
                continue;
            }
            if (code - cell.stands).abs() < limits.same_within {
                cell.stands += (code - cell.stands) * 0.2;
            } else {
                cell.stands = code;
                cell.since = at;
            }
            let stood = at.saturating_sub(cell.since);
            let belongs = if learning {
                limits.learns_for / 4
            } else {
                limits.belongs_after
            };
            if stood >= belongs {
                cell.scene = cell.stands;
                cell.differs = false;
            }
        }
        let found = self.find(luma, at);
        self.carry_on(found, &covered);
    }

    /// By how much the whole picture is lighter than the scene: the median over some cells.
    fn light(&self, luma: &[u8]) -> f32 {
        let cells = self.cells.iter().zip(luma).step_by(7);
        let mut differences: Vec<f32> = cells
            .map(|(cell, code)| f32::from(*code) - cell.scene)
            .collect();
        let middle = differences.len() / 2;
        if differences.is_empty() {
            return 0.0;
        }
        *differences.select_nth_unstable_by(middle, f32::total_cmp).1
    }

    /// Cells that stand otherwise for long enough, in heaps that touch.
    fn find(&self, luma: &[u8], at: Duration) -> Vec<Change> {
        let (columns, rows) = self.size;
        let stands =
            |cell: &Cell| cell.differs && at.saturating_sub(cell.since) >= self.limits.stands_for;
        let mut open: Vec<bool> = self.cells.iter().map(stands).collect();
        let mut heap = Vec::new();
        let mut found = Vec::new();
        for start in 0..open.len() {
            if !open[start] {
                continue;
            }
            heap.clear();
            heap.push(start);
            open[start] = false;
            let mut next = 0;
            while let Some(&cell) = heap.get(next) {
                next += 1;
                let (x, y) = (cell % columns, cell / columns);
                for other_y in y.saturating_sub(1)..(y + 2).min(rows) {
                    for other_x in x.saturating_sub(1)..(x + 2).min(columns) {
                        let other = other_y * columns + other_x;
                        if std::mem::take(&mut open[other]) {
                            heap.push(other);
                        }
                    }
                }
            }
            let most = self.limits.most_share * self.cells.len() as f32;
            if heap.len() >= self.limits.least_cells && heap.len() as f32 <= most {
                found.push(self.change(luma, &heap));
            }
        }
        found
    }

    fn change(&self, luma: &[u8], heap: &[usize]) -> Change {
        let (columns, rows) = self.size;
        let (mut left, mut top, mut right, mut bottom) = (columns, rows, 0, 0);
        let (mut contrast, mut edges_now, mut edges_before) = (0.0, 0.0, 0.0);
        let mut since = Duration::MAX;
        let mut inside = vec![false; self.cells.len()];
        for &cell in heap {
            inside[cell] = true;
        }
        for &cell in heap {
            let (x, y) = (cell % columns, cell / columns);
            (left, top) = (left.min(x), top.min(y));
            (right, bottom) = (right.max(x + 1), bottom.max(y + 1));
            let here = &self.cells[cell];
            since = since.min(here.since);
            contrast += (here.stands - here.scene).abs();
            // The outline: what was put down has one, what is gone had one.
            let beside = [
                (x > 0).then(|| cell - 1),
                (x + 1 < columns).then(|| cell + 1),
                (y > 0).then(|| cell.wrapping_sub(columns)),
                (y + 1 < rows).then(|| cell + columns),
            ];
            for other in beside.into_iter().flatten() {
                // What differs too is a part of it that has not stood for long enough.
                if !inside[other] && !self.cells[other].differs {
                    let outside = f32::from(luma[other]);
                    edges_now += (here.stands - outside).abs();
                    edges_before += (here.scene - outside).abs();
                }
            }
        }
        Change {
            id: 0,
            region: Region {
                left: left as f32 / columns as f32,
                top: top as f32 / rows as f32,
                right: right as f32 / columns as f32,
                bottom: bottom as f32 / rows as f32,
            },
            appeared: edges_now >= edges_before,
            since,
            score: (contrast / heap.len() as f32 / 64.0).min(1.0),
        }
    }

    /// A change that was there before keeps its number, its kind and its beginning; one behind
    /// somebody is still there.
    fn carry_on(&mut self, found: Vec<Change>, covered: &[bool]) {
        let before = std::mem::take(&mut self.changes);
        let mut taken = vec![false; before.len()];
        for mut change in found {
            let same = before
                .iter()
                .enumerate()
                .filter(|(index, _)| !taken[*index])
                .map(|(index, old)| (index, overlap(&old.region, &change.region)))
                .filter(|(_, overlap)| *overlap > 0.3)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            if let Some((index, _)) = same {
                taken[index] = true;
                let old = before[index];
                change.id = old.id;
                // While it comes to light its outline is not known yet.
                if old.region.iou(&change.region) > 0.8 {
                    change.appeared = old.appeared;
                }
                change.since = old.since.min(change.since);
            } else {
                change.id = self.next_id;
                self.next_id += 1;
            }
            self.changes.push(change);
        }
        let (columns, rows) = self.size;
        for (old, taken) in before.into_iter().zip(taken) {
            let centre = old.region.centre();
            let cell = (centre.y * rows as f32) as usize * columns
                + ((centre.x * columns as f32) as usize).min(columns - 1);
            if !taken && covered.get(cell).copied().unwrap_or(false) {
                self.changes.push(old);
            }
        }
    }
}

/// How much of the smaller lies in the other.
fn overlap(a: &Region, b: &Region) -> f32 {
    a.share_in(b).max(b.share_in(a))
}

/// Which cells lie in one of the regions.
fn cover((columns, rows): (usize, usize), regions: &[Region]) -> Vec<bool> {
    let mut covered = vec![false; columns * rows];
    for region in regions {
        let region = region.within_picture();
        if !region.is_sound() {
            continue;
        }
        let across = (region.left * columns as f32) as usize
            ..((region.right * columns as f32).ceil() as usize).min(columns);
        let down = (region.top * rows as f32) as usize
            ..((region.bottom * rows as f32).ceil() as usize).min(rows);
        for row in down {
            covered[row * columns..][across.clone()].fill(true);
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{self, MediaTime};
    use crate::model::frame::{Colour, Rotation};

    const SIZE: (u32, u32) = (640, 360);

    /// A street with things on it: left, top, width, height in pixels, and their code.
    fn street(things: &[([usize; 4], u8)], light: i16, seed: u32) -> Picture {
        let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
        let mut state = seed | 1;
        let mut y: Vec<u8> = (0..width * height)
            .map(|at| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (column, row) = (at % width, at / width);
                let ground = 90 + (column / 40 * 13 + row / 30 * 7) as i16 % 50 + light;
                (ground + (state >> 30) as i16 - 1).clamp(16, 235) as u8
            })
            .collect();
        for ([left, top, across, down], code) in things {
            for row in *top..top + down {
                y[row * width + left..row * width + left + across].fill(*code);
            }
        }
        Picture {
            serial: 1,
            source_width: SIZE.0,
            source_height: SIZE.1,
            halvings: 0,
            width: SIZE.0,
            height: SIZE.1,
            y: y.into(),
            uv: vec![128; width * height / 2].into(),
            exact: None,
            colour: Colour::default(),
            rotation: Rotation::None,
            pts: MediaTime(0),
            arrival: clock::now(),
            capture: None,
        }
    }

    fn region([left, top, across, down]: [usize; 4]) -> Region {
        Region {
            left: left as f32 / SIZE.0 as f32,
            top: top as f32 / SIZE.1 as f32,
            right: (left + across) as f32 / SIZE.0 as f32,
            bottom: (top + down) as f32 / SIZE.1 as f32,
        }
    }

    /// Shows `scene(second)` once a second; the changes of the last look.
    fn watch(
        seconds: std::ops::Range<u64>,
        scene: impl Fn(u64) -> (Vec<([usize; 4], u8)>, i16),
    ) -> Vec<Change> {
        let mut background = Background::new(Limits::default());
        let pool = Pool::new(4);
        let mut last = Vec::new();
        for second in seconds {
            let (things, light) = scene(second);
            let people: Vec<Region> = things
                .iter()
                .filter(|(_, code)| *code == PERSON)
                .map(|(place, _)| region(*place))
                .collect();
            let picture = street(&things, light, second as u32 * 7919);
            let at = Duration::from_secs(second);
            last = background.step(&picture, &people, at, &pool).to_vec();
        }
        last
    }

    const PERSON: u8 = 200;
    const BAG: [usize; 4] = [300, 200, 32, 28];

    #[test]
    fn a_bag_that_stays_is_found_where_it_stands_and_somebody_who_walks_is_not() {
        let changes = watch(0..40, |second| {
            let mut things = Vec::new();
            if (10..25).contains(&second) {
                things.push(([40 * (second as usize - 10), 140, 30, 90], PERSON));
            }
            if second >= 17 {
                things.push((BAG, 30));
            }
            (things, 0)
        });
        assert_eq!(changes.len(), 1, "{changes:?}");
        let change = changes[0];
        assert!(change.appeared);
        assert!(change.region.iou(&region(BAG)) > 0.6, "{change:?}");
        let since = change.since.as_secs();
        assert!((17..=19).contains(&since), "{since}");
    }

    #[test]
    fn something_of_the_scene_that_is_gone_is_told_as_gone() {
        let changes = watch(0..40, |second| {
            let things = if second < 20 { vec![(BAG, 30)] } else { vec![] };
            (things, 0)
        });
        assert_eq!(changes.len(), 1, "{changes:?}");
        assert!(!changes[0].appeared);
        assert!(changes[0].region.iou(&region(BAG)) > 0.6);
    }

    #[test]
    fn a_bag_behind_somebody_who_stops_keeps_its_number() {
        let mut background = Background::new(Limits::default());
        let pool = Pool::new(4);
        let mut ids = Vec::new();
        for second in 0..40_u64 {
            let mut things = Vec::new();
            let mut people = Vec::new();
            if second >= 10 {
                things.push((BAG, 30));
            }
            if (20..28).contains(&second) {
                let place = [290, 150, 60, 120];
                things.push((place, PERSON));
                people.push(region(place));
            }
            let picture = street(&things, 0, second as u32);
            let at = Duration::from_secs(second);
            let changes = background.step(&picture, &people, at, &pool);
            if second >= 15 {
                ids.push(changes.iter().map(|change| change.id).collect::<Vec<_>>());
            }
        }
        assert!(ids.iter().all(|id| *id == [ids[0][0]]), "{ids:?}");
    }

    #[test]
    fn a_cloud_and_a_lamp_say_nothing() {
        let cloud = watch(0..60, |second| (vec![], -(second.min(40) as i16) / 2));
        assert_eq!(cloud, [], "slowly darker");
        let lamp = watch(0..30, |second| (vec![], if second < 15 { 0 } else { 60 }));
        assert_eq!(lamp, [], "suddenly lighter");
    }

    #[test]
    fn another_size_or_a_clock_that_goes_back_begins_anew() {
        let mut background = Background::new(Limits::default());
        let pool = Pool::new(4);
        for second in [10, 11, 12, 3, 4, 5] {
            let picture = street(&[(BAG, second as u8)], 0, 1);
            let at = Duration::from_secs(second);
            assert_eq!(background.step(&picture, &[], at, &pool), []);
        }
        let mut odd = street(&[], 0, 1);
        odd.y = vec![0; 3].into();
        assert_eq!(
            background.step(&odd, &[], Duration::from_secs(6), &pool),
            []
        );
    }
}
