//! Decoded frames become pictures: packed, and smaller by whole halvings.
//!
//! Each sample of the result is the mean of a block of 2ⁿ × 2ⁿ samples, rounded once, halves up.
//! Where the size is not a multiple, the last column and row count as often as is needed. The
//! source is read once. Shrinking by area here, and by at most two on the GPU, is what keeps fine
//! moving detail from crawling; it also makes the upload a quarter of the size or less.

use wide::{i16x8, i32x4, u8x16, u16x8, u32x4};

use super::picture::{Picture, PictureError, Pool, Samples};
use crate::model::frame::{Frame, Layout, Memory, Plane};

/// No picture is halved more often: a block of 16 × 16 still sums in 16 bits.
pub const MOST_HALVINGS: u32 = 4;

/// No frame has a longer side.
const LONGEST_SIDE: u32 = 1 << 15;

/// The most whole halvings that leave a picture at least as large as it is shown, so that the GPU
/// scales it down by less than two. `source` and `shown` are width and height in pixels; `shown`
/// is what the whole picture would cover, also when only a part of it is on the screen.
pub fn halvings_for(source: (u32, u32), shown: (u32, u32)) -> u32 {
    let holds = |halvings: &u32| {
        let (width, height) = reduced_size(source, *halvings);
        width >= shown.0.max(1) && height >= shown.1.max(1)
    };
    (1..=MOST_HALVINGS).take_while(holds).last().unwrap_or(0)
}

/// Width and height after `halvings`.
pub fn reduced_size(source: (u32, u32), halvings: u32) -> (u32, u32) {
    let step = 1_u32 << halvings.min(31);
    (source.0.div_ceil(step), source.1.div_ceil(step))
}

/// A picture of `frame`, halved `halvings` times (at most [`MOST_HALVINGS`]), in buffers of `pool`.
///
/// # Errors
/// When the frame has no pixel, or its planes are shorter than its size says.
pub fn reduce(frame: &Frame, halvings: u32, pool: &Pool) -> Result<Picture, PictureError> {
    let halvings = halvings.min(MOST_HALVINGS);
    let source = (frame.width, frame.height);
    if source.0 == 0 || source.1 == 0 {
        return Err(PictureError::Empty {
            width: source.0,
            height: source.1,
        });
    }
    if source.0.max(source.1) > LONGEST_SIDE {
        return Err(PictureError::TooLarge {
            width: source.0,
            height: source.1,
            most: LONGEST_SIDE,
        });
    }
    let Memory::System(planes) = &frame.memory;
    let (width, height) = (source.0 as usize, source.1 as usize);
    let (chroma_width, chroma_height) = (width.div_ceil(2), height.div_ceil(2));
    let luma = Rows::new(planes.plane(0), 0, width, height)?;
    let chroma = match frame.layout {
        Layout::I420 => Chroma::Planar(
            Rows::new(planes.plane(1), 1, chroma_width, chroma_height)?,
            Rows::new(planes.plane(2), 2, chroma_width, chroma_height)?,
        ),
        Layout::Nv12 => Chroma::Paired(Rows::new(
            planes.plane(1),
            1,
            2 * chroma_width,
            chroma_height,
        )?),
    };
    let (y, uv) = reduce_planes(luma, chroma, source, halvings, pool);
    let (to_width, to_height) = reduced_size(source, halvings);
    Ok(Picture {
        serial: frame.serial,
        source_width: source.0,
        source_height: source.1,
        halvings,
        width: to_width,
        height: to_height,
        y,
        uv,
        exact: None,
        colour: frame.colour,
        rotation: frame.rotation,
        pts: frame.pts,
        arrival: frame.arrival,
        capture: frame.capture,
    })
}

/// A smaller picture of a picture: `halvings` more (at most [`MOST_HALVINGS`]).
///
/// # Errors
/// When its sizes do not fit its samples.
pub fn reduce_further(
    picture: &Picture,
    halvings: u32,
    pool: &Pool,
) -> Result<Picture, PictureError> {
    let halvings = halvings.min(MOST_HALVINGS);
    let size = (picture.width, picture.height);
    if size.0 == 0 || size.1 == 0 {
        return Err(PictureError::Empty {
            width: size.0,
            height: size.1,
        });
    }
    let rows = |bytes, index, (width, height): (u32, u32)| {
        let plane = Plane {
            bytes,
            stride_bytes: width as usize,
        };
        Rows::new(plane, index, width as usize, height as usize)
    };
    let (chroma_width, chroma_height) = picture.chroma_size();
    let luma = rows(&picture.y, 0, size)?;
    let chroma = rows(&picture.uv, 1, (2 * chroma_width, chroma_height))?;
    let (y, uv) = reduce_planes(luma, Chroma::Paired(chroma), size, halvings, pool);
    let (width, height) = reduced_size(size, halvings);
    Ok(Picture {
        halvings: picture.halvings + halvings,
        width,
        height,
        y,
        uv,
        exact: None,
        ..*picture
    })
}

/// The chroma of a frame, as it lies.
#[derive(Clone, Copy)]
enum Chroma<'a> {
    Planar(Rows<'a>, Rows<'a>),
    Paired(Rows<'a>),
}

fn reduce_planes(
    luma: Rows<'_>,
    chroma: Chroma<'_>,
    size: (u32, u32),
    halvings: u32,
    pool: &Pool,
) -> (Samples, Samples) {
    let (width, height) = reduced_size(size, halvings);
    let (width, height) = (width as usize, height as usize);
    let mut y = pool.take(width * height);
    reduce_luma(luma, halvings, &mut y, width);
    let chroma_width = width.div_ceil(2);
    let mut uv = pool.take(2 * chroma_width * height.div_ceil(2));
    match chroma {
        Chroma::Planar(u, v) => reduce_planar(u, v, halvings, &mut uv, chroma_width),
        Chroma::Paired(both) => reduce_paired(both, halvings, &mut uv, chroma_width),
    }
    (y, uv)
}

/// Rows of a plane whose length was checked.
#[derive(Clone, Copy)]
struct Rows<'a> {
    plane: Plane<'a>,
    row_bytes: usize,
    count: usize,
}

impl<'a> Rows<'a> {
    fn new(
        plane: Plane<'a>,
        index: usize,
        row_bytes: usize,
        rows: usize,
    ) -> Result<Self, PictureError> {
        let needed = plane
            .stride_bytes
            .checked_mul(rows - 1)
            .and_then(|before| before.checked_add(row_bytes));
        let long_enough = needed.is_some_and(|needed| needed <= plane.bytes.len());
        if !long_enough || (rows > 1 && plane.stride_bytes < row_bytes) {
            return Err(PictureError::ShortPlane {
                plane: index,
                bytes: plane.bytes.len(),
                stride_bytes: plane.stride_bytes,
                rows,
                row_bytes,
            });
        }
        Ok(Self {
            plane,
            row_bytes,
            count: rows,
        })
    }

    /// Row `index`, or the last where there is none.
    #[inline]
    fn get(&self, index: usize) -> &'a [u8] {
        let start = index.min(self.count - 1) * self.plane.stride_bytes;
        &self.plane.bytes[start..start + self.row_bytes]
    }
}

fn reduce_luma(from: Rows<'_>, halvings: u32, to: &mut Samples, to_width: usize) {
    match halvings {
        0 => {
            for (index, row) in to.chunks_exact_mut(to_width).enumerate() {
                row.copy_from_slice(from.get(index));
            }
        }
        1 => {
            for (index, row) in to.chunks_exact_mut(to_width).enumerate() {
                halve_row(from.get(2 * index), from.get(2 * index + 1), row);
            }
        }
        _ => {
            let block = 1_usize << halvings;
            let mut sums = vec![0_u16; to_width * block / 2];
            for (index, row) in to.chunks_exact_mut(to_width).enumerate() {
                sums.fill(0);
                for line in 0..block {
                    add_pairs(from.get(block * index + line), &mut sums);
                }
                finish(gather(&mut sums, block / 4), halvings, row);
            }
        }
    }
}

fn reduce_planar(u: Rows<'_>, v: Rows<'_>, halvings: u32, to: &mut Samples, to_width: usize) {
    match halvings {
        0 => {
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                interleave_row(u.get(index), v.get(index), row);
            }
        }
        1 => {
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                let (top, bottom) = (2 * index, 2 * index + 1);
                halve_planar_row(
                    [u.get(top), u.get(bottom)],
                    [v.get(top), v.get(bottom)],
                    row,
                );
            }
        }
        _ => {
            let block = 1_usize << halvings;
            let mut u_sums = vec![0_u16; to_width * block / 2];
            let mut v_sums = u_sums.clone();
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                u_sums.fill(0);
                v_sums.fill(0);
                for line in 0..block {
                    add_pairs(u.get(block * index + line), &mut u_sums);
                    add_pairs(v.get(block * index + line), &mut v_sums);
                }
                let u_halves = gather(&mut u_sums, block / 4);
                let v_halves = gather(&mut v_sums, block / 4);
                finish_both(u_halves, v_halves, halvings, row);
            }
        }
    }
}

fn reduce_paired(from: Rows<'_>, halvings: u32, to: &mut Samples, to_width: usize) {
    match halvings {
        0 => {
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                row.copy_from_slice(from.get(index));
            }
        }
        1 => {
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                halve_paired_row(from.get(2 * index), from.get(2 * index + 1), row);
            }
        }
        _ => {
            let block = 1_usize << halvings;
            let mut u_sums = vec![0_u16; to_width * block];
            let mut v_sums = u_sums.clone();
            for (index, row) in to.chunks_exact_mut(2 * to_width).enumerate() {
                u_sums.fill(0);
                v_sums.fill(0);
                for line in 0..block {
                    add_apart(from.get(block * index + line), &mut u_sums, &mut v_sums);
                }
                let u_halves = gather(&mut u_sums, block / 2);
                let v_halves = gather(&mut v_sums, block / 2);
                finish_both(u_halves, v_halves, halvings, row);
            }
        }
    }
}

/// Sixteen bytes as eight 16-bit lanes.
#[inline]
fn lanes(bytes: &[u8; 16]) -> u16x8 {
    bytemuck::cast(*bytes)
}

/// The sums of neighbours: lane i is byte 2i plus byte 2i+1, in either order of bytes.
#[inline]
fn pair_sums(bytes: &[u8; 16]) -> u16x8 {
    let both = lanes(bytes);
    (both & u16x8::splat(0x00ff)) + (both >> 8_u32)
}

/// Eight means of 2×2, as 16-bit lanes.
#[inline]
fn means(top: &[u8; 16], bottom: &[u8; 16]) -> u16x8 {
    (pair_sums(top) + pair_sums(bottom) + u16x8::splat(2)) >> 2_u32
}

/// Eight U and eight V (lanes of at most 255) as sixteen bytes U, V, U, V …
#[inline]
fn interleaved(u: u16x8, v: u16x8) -> [u8; 16] {
    if cfg!(target_endian = "big") {
        bytemuck::cast((u << 8_u32) | v)
    } else {
        bytemuck::cast(u | (v << 8_u32))
    }
}

/// The mean of up to four samples at `column` and its right neighbour, or itself at the edge.
#[inline]
fn mean_at(top: &[u8], bottom: &[u8], column: usize, step: usize) -> u8 {
    let right = if column + step < top.len() {
        column + step
    } else {
        column
    };
    let sum = u16::from(top[column])
        + u16::from(top[right])
        + u16::from(bottom[column])
        + u16::from(bottom[right]);
    ((sum + 2) >> 2) as u8
}

fn halve_row(top: &[u8], bottom: &[u8], to: &mut [u8]) {
    let (top_blocks, _) = top.as_chunks::<32>();
    let (bottom_blocks, _) = bottom.as_chunks::<32>();
    let (to_blocks, _) = to.as_chunks_mut::<16>();
    let mut done = 0;
    for ((top, bottom), to) in top_blocks.iter().zip(bottom_blocks).zip(to_blocks) {
        let (top, _) = top.as_chunks::<16>();
        let (bottom, _) = bottom.as_chunks::<16>();
        let low: i16x8 = bytemuck::cast(means(&top[0], &bottom[0]));
        let high: i16x8 = bytemuck::cast(means(&top[1], &bottom[1]));
        *to = bytemuck::cast(u8x16::narrow_i16x8(low, high));
        done += 16;
    }
    for (column, to) in to.iter_mut().enumerate().skip(done) {
        *to = mean_at(top, bottom, 2 * column, 1);
    }
}

fn halve_planar_row(u: [&[u8]; 2], v: [&[u8]; 2], to: &mut [u8]) {
    let [u_top, u_bottom] = u.map(|row| row.as_chunks::<16>().0);
    let [v_top, v_bottom] = v.map(|row| row.as_chunks::<16>().0);
    let (to_blocks, _) = to.as_chunks_mut::<16>();
    let mut done = 0;
    let rows = u_top.iter().zip(u_bottom).zip(v_top.iter().zip(v_bottom));
    for (((u_top, u_bottom), (v_top, v_bottom)), to) in rows.zip(to_blocks) {
        *to = interleaved(means(u_top, u_bottom), means(v_top, v_bottom));
        done += 8;
    }
    for (column, to) in to.as_chunks_mut::<2>().0.iter_mut().enumerate().skip(done) {
        *to = [
            mean_at(u[0], u[1], 2 * column, 1),
            mean_at(v[0], v[1], 2 * column, 1),
        ];
    }
}

fn interleave_row(u: &[u8], v: &[u8], to: &mut [u8]) {
    for ((to, u), v) in to.as_chunks_mut::<2>().0.iter_mut().zip(u).zip(v) {
        *to = [*u, *v];
    }
}

/// The sums of neighbours' U (or V) over two rows, four to a vector.
#[inline]
fn neighbour_sums(top: u16x8, bottom: u16x8) -> i32x4 {
    let sum: u32x4 = bytemuck::cast(top + bottom);
    bytemuck::cast((sum & u32x4::splat(0xffff)) + (sum >> 16_u32))
}

fn halve_paired_row(top: &[u8], bottom: &[u8], to: &mut [u8]) {
    let mask = u16x8::splat(0x00ff);
    let narrow = |low: i32x4, high: i32x4| -> u16x8 {
        let both = i16x8::from_i32x8_saturate(bytemuck::cast([low, high]));
        let both: u16x8 = bytemuck::cast(both);
        (both + u16x8::splat(2)) >> 2_u32
    };
    let (top_blocks, _) = top.as_chunks::<32>();
    let (bottom_blocks, _) = bottom.as_chunks::<32>();
    let (to_blocks, _) = to.as_chunks_mut::<16>();
    let mut done = 0;
    for ((top, bottom), to) in top_blocks.iter().zip(bottom_blocks).zip(to_blocks) {
        let (top, _) = top.as_chunks::<16>();
        let (bottom, _) = bottom.as_chunks::<16>();
        let [top_low, top_high] = [lanes(&top[0]), lanes(&top[1])];
        let [bottom_low, bottom_high] = [lanes(&bottom[0]), lanes(&bottom[1])];
        let first = narrow(
            neighbour_sums(top_low & mask, bottom_low & mask),
            neighbour_sums(top_high & mask, bottom_high & mask),
        );
        let second = narrow(
            neighbour_sums(top_low >> 8_u32, bottom_low >> 8_u32),
            neighbour_sums(top_high >> 8_u32, bottom_high >> 8_u32),
        );
        *to = if cfg!(target_endian = "big") {
            interleaved(second, first)
        } else {
            interleaved(first, second)
        };
        done += 8;
    }
    for (column, to) in to.as_chunks_mut::<2>().0.iter_mut().enumerate().skip(done) {
        *to = [
            mean_at(top, bottom, 4 * column, 2),
            mean_at(top, bottom, 4 * column + 1, 2),
        ];
    }
}

/// Adds neighbours' sums of `row` to `sums`; past the row's end its last sample counts on.
fn add_pairs(row: &[u8], sums: &mut [u16]) {
    let (row_blocks, _) = row.as_chunks::<16>();
    let (sum_blocks, _) = sums.as_chunks_mut::<8>();
    let mut done = 0;
    for (row, sums) in row_blocks.iter().zip(sum_blocks) {
        *sums = bytemuck::cast(u16x8::from(*sums) + pair_sums(row));
        done += 8;
    }
    let last = row[row.len() - 1];
    for (index, sum) in sums.iter_mut().enumerate().skip(done) {
        let left = row.get(2 * index).copied().unwrap_or(last);
        let right = row.get(2 * index + 1).copied().unwrap_or(last);
        *sum += u16::from(left) + u16::from(right);
    }
}

/// Adds U and V of `row` to their sums; past the row's end its last pair counts on.
fn add_apart(row: &[u8], u_sums: &mut [u16], v_sums: &mut [u16]) {
    let (row_blocks, _) = row.as_chunks::<16>();
    let (u_blocks, _) = u_sums.as_chunks_mut::<8>();
    let (v_blocks, _) = v_sums.as_chunks_mut::<8>();
    let mut done = 0;
    for (row, (u, v)) in row_blocks.iter().zip(u_blocks.iter_mut().zip(v_blocks)) {
        let low = lanes(row) & u16x8::splat(0x00ff);
        let high = lanes(row) >> 8_u32;
        let (first, second) = if cfg!(target_endian = "big") {
            (high, low)
        } else {
            (low, high)
        };
        *u = bytemuck::cast(u16x8::from(*u) + first);
        *v = bytemuck::cast(u16x8::from(*v) + second);
        done += 8;
    }
    let (pairs, _) = row.as_chunks::<2>();
    let last = pairs[pairs.len() - 1];
    let rest = u_sums.iter_mut().zip(v_sums).enumerate().skip(done);
    for (index, (u, v)) in rest {
        let pair = pairs.get(index).unwrap_or(&last);
        *u += u16::from(pair[0]);
        *v += u16::from(pair[1]);
    }
}

/// Adds neighbours until `factor` of them are one, in place; the sums stay below 2¹⁵.
fn gather(sums: &mut [u16], factor: usize) -> &mut [u16] {
    let mut len = sums.len();
    for _ in 0..factor.ilog2() {
        let mut done = 0;
        while 2 * done + 16 <= len {
            let mut from = [0_u16; 16];
            from.copy_from_slice(&sums[2 * done..2 * done + 16]);
            let to: [u16; 8] = bytemuck::cast(added_neighbours(&from, 0, 0));
            sums[done..done + 8].copy_from_slice(&to);
            done += 8;
        }
        len /= 2;
        for index in done..len {
            sums[index] = sums[2 * index] + sums[2 * index + 1];
        }
    }
    &mut sums[..len]
}

/// Eight sums of two neighbours each, plus `half` and shifted right; each must then be below 2¹⁵.
#[inline]
fn added_neighbours(sums: &[u16; 16], half: u32, shift: u32) -> i16x8 {
    let add = |pairs: u32x4| -> i32x4 {
        let sum = (pairs & u32x4::splat(0xffff)) + (pairs >> 16_u32) + u32x4::splat(half);
        bytemuck::cast(sum >> shift)
    };
    let [low, high]: [u32x4; 2] = bytemuck::cast(*sums);
    i16x8::from_i32x8_saturate(bytemuck::cast([add(low), add(high)]))
}

/// Sums of half a block's width become the means of blocks of 2ⁿ × 2ⁿ.
fn finish(sums: &[u16], halvings: u32, to: &mut [u8]) {
    let (shift, half) = (2 * halvings, 1_u32 << (2 * halvings - 1));
    let mut done = 0;
    let blocks = sums.as_chunks::<32>().0.iter();
    for (sums, to) in blocks.zip(to.as_chunks_mut::<16>().0) {
        let halves = sums.as_chunks::<16>().0;
        let low = added_neighbours(&halves[0], half, shift);
        let high = added_neighbours(&halves[1], half, shift);
        *to = bytemuck::cast(u8x16::narrow_i16x8(low, high));
        done += 16;
    }
    for (to, sums) in to.iter_mut().zip(sums.as_chunks::<2>().0).skip(done) {
        *to = ((u32::from(sums[0]) + u32::from(sums[1]) + half) >> shift) as u8;
    }
}

/// The same of U and V, which take turns in the result.
fn finish_both(u_sums: &[u16], v_sums: &[u16], halvings: u32, to: &mut [u8]) {
    let (shift, half) = (2 * halvings, 1_u32 << (2 * halvings - 1));
    let mut done = 0;
    let blocks = u_sums.as_chunks::<16>().0.iter();
    let blocks = blocks.zip(v_sums.as_chunks::<16>().0);
    for ((u, v), to) in blocks.zip(to.as_chunks_mut::<16>().0) {
        let u = bytemuck::cast(added_neighbours(u, half, shift));
        let v = bytemuck::cast(added_neighbours(v, half, shift));
        *to = interleaved(u, v);
        done += 8;
    }
    let mean = |sums: &[u16; 2]| ((u32::from(sums[0]) + u32::from(sums[1]) + half) >> shift) as u8;
    let pairs = u_sums.as_chunks::<2>().0.iter();
    let pairs = pairs.zip(v_sums.as_chunks::<2>().0);
    for (to, (u, v)) in to.as_chunks_mut::<2>().0.iter_mut().zip(pairs).skip(done) {
        *to = [mean(u), mean(v)];
    }
}

#[cfg(test)]
mod tests;
