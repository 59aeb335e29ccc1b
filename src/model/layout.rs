//! Where the tiles of a wall go: the arrangement with the largest picture area.

/// A rectangle in pixels (or any other unit); the origin is top left.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// Area.
    pub fn area(&self) -> f32 {
        self.w * self.h
    }

    /// The largest rectangle of `aspect` (width / height) inside, centred.
    #[must_use]
    pub fn letterboxed(&self, aspect: f32) -> Self {
        let (w, h) = if self.w / self.h > aspect {
            (self.h * aspect, self.h)
        } else {
            (self.w, self.w / aspect)
        };
        Self {
            x: self.x + (self.w - w) / 2.0,
            y: self.y + (self.h - h) / 2.0,
            w,
            h,
        }
    }

    /// True when a point lies inside (left and top edges belong, right and bottom do not).
    pub fn contains(&self, x: f32, y: f32) -> bool {
        x >= self.x && y >= self.y && x < self.x + self.w && y < self.y + self.h
    }
}

/// The part of a picture of `picture_aspect` that fills a cell of `cell_aspect`, centred, as
/// x, y, w, h in shares of the picture.
pub fn crop_to(picture_aspect: f32, cell_aspect: f32) -> [f32; 4] {
    if picture_aspect > cell_aspect {
        let w = cell_aspect / picture_aspect;
        [(1.0 - w) / 2.0, 0.0, w, 1.0]
    } else {
        let h = picture_aspect / cell_aspect;
        [0.0, (1.0 - h) / 2.0, 1.0, h]
    }
}

/// A grid of equal cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Columns, at least one.
    pub columns: usize,
    /// Rows, at least one.
    pub rows: usize,
    /// The place it fills.
    pub area: Rect,
    /// Space between cells.
    pub gap: f32,
}

impl Grid {
    /// The grid for `tiles` pictures of `aspect` (width / height) in `area` that shows the largest
    /// pictures; of equal ones the one with fewer empty cells, then with fewer rows. `tiles` of 0
    /// counts as 1.
    pub fn arrange(tiles: usize, area: Rect, aspect: f32, gap: f32) -> Self {
        let tiles = tiles.max(1);
        let mut best = Self {
            columns: tiles,
            rows: 1,
            area,
            gap,
        };
        let mut best_key = (f32::NEG_INFINITY, usize::MAX);
        for columns in 1..=tiles {
            let rows = tiles.div_ceil(columns);
            let grid = Self {
                columns,
                rows,
                area,
                gap,
            };
            let cell = grid.cell(0);
            if cell.w <= 0.0 || cell.h <= 0.0 {
                continue;
            }
            let picture = cell.letterboxed(aspect).area();
            let empty = columns * rows - tiles;
            let better = picture > best_key.0 * 1.0001
                || (picture > best_key.0 * 0.9999 && empty < best_key.1);
            if better {
                best = grid;
                best_key = (picture, empty);
            }
        }
        best
    }

    /// The cell of tile `index`, counted along the rows. Edges lie on whole units, so that
    /// neighbours never overlap and pictures are sharp.
    pub fn cell(&self, index: usize) -> Rect {
        let (column, row) = (index % self.columns, index / self.columns);
        let edge = |origin: f32, length: f32, of: usize, at: usize| {
            let free = length - self.gap * (of as f32 - 1.0);
            (origin + free * at as f32 / of as f32 + self.gap * at as f32).round()
        };
        let x = edge(self.area.x, self.area.w, self.columns, column);
        let y = edge(self.area.y, self.area.h, self.rows, row);
        let right = edge(self.area.x, self.area.w, self.columns, column + 1) - self.gap.round();
        let bottom = edge(self.area.y, self.area.h, self.rows, row + 1) - self.gap.round();
        Rect {
            x,
            y,
            w: (right - x).max(0.0),
            h: (bottom - y).max(0.0),
        }
    }

    /// The tile one step from `index` in a direction (columns right, rows down); stays at the edge.
    pub fn step(&self, index: usize, tiles: usize, right: isize, down: isize) -> usize {
        if tiles == 0 {
            return 0;
        }
        let column = (index % self.columns) as isize + right;
        let row = (index / self.columns) as isize + down;
        let column = column.clamp(0, self.columns as isize - 1) as usize;
        let row = row.clamp(0, self.rows as isize - 1) as usize;
        (row * self.columns + column).min(tiles - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDE: f32 = 16.0 / 9.0;

    fn area(w: f32, h: f32) -> Rect {
        Rect {
            x: 0.0,
            y: 0.0,
            w,
            h,
        }
    }

    #[test]
    fn known_walls() {
        let check = |tiles, w, h, expect: (usize, usize)| {
            let grid = Grid::arrange(tiles, area(w, h), WIDE, 2.0);
            assert_eq!((grid.columns, grid.rows), expect, "{tiles} on {w}×{h}");
        };
        check(1, 1920.0, 1080.0, (1, 1));
        check(4, 1920.0, 1080.0, (2, 2));
        check(5, 1920.0, 1080.0, (3, 2));
        check(45, 1920.0, 1052.0, (7, 7));
        check(45, 3840.0, 2132.0, (7, 7));
        check(64, 1920.0, 1052.0, (8, 8));
        check(3, 600.0, 1800.0, (1, 3));
        check(0, 1920.0, 1080.0, (1, 1));
    }

    #[test]
    fn stepping_stays_on_the_wall() {
        let grid = Grid::arrange(45, area(1920.0, 1052.0), WIDE, 2.0);
        assert_eq!(grid.step(0, 45, -1, 0), 0);
        assert_eq!(grid.step(0, 45, 1, 0), 1);
        assert_eq!(grid.step(0, 45, 0, 1), 7);
        assert_eq!(grid.step(44, 45, 1, 1), 44);
    }

    #[test]
    fn cropping_fills_the_cell() {
        let [x, y, w, h] = crop_to(4.0 / 3.0, WIDE);
        assert_eq!((x, w), (0.0, 1.0));
        assert!((h - 0.75).abs() < 1e-6 && (y - 0.125).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn cells_never_overlap_nor_leave_the_area(
            tiles in 1usize..300, w in 200f32..8000.0, h in 150f32..5000.0, aspect in 0.4f32..3.0,
        ) {
            let (w, h) = (w.round(), h.round());
            let grid = Grid::arrange(tiles, area(w, h), aspect, 2.0);
            prop_assert!(grid.columns * grid.rows >= tiles);
            let cells: Vec<Rect> = (0..tiles).map(|i| grid.cell(i)).collect();
            for (i, a) in cells.iter().enumerate() {
                prop_assert!(a.x >= 0.0 && a.y >= 0.0 && a.x + a.w <= w + 0.01 && a.y + a.h <= h + 0.01);
                for b in &cells[i + 1..] {
                    let apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
                    prop_assert!(apart, "{a:?} overlaps {b:?}");
                }
            }
        }

        #[test]
        fn no_other_column_count_shows_larger_pictures(
            tiles in 1usize..80, w in 200f32..4000.0, h in 150f32..2500.0,
        ) {
            let best = Grid::arrange(tiles, area(w, h), WIDE, 0.0).cell(0).letterboxed(WIDE).area();
            for columns in 1..=tiles {
                let grid = Grid { columns, rows: tiles.div_ceil(columns), area: area(w, h), gap: 0.0 };
                prop_assert!(grid.cell(0).letterboxed(WIDE).area() <= best * 1.001);
            }
        }
    }
}
