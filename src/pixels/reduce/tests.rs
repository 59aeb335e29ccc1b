//! The reduction against a plain reference: block means, one sample at a time.

use proptest::prelude::*;

use super::*;
use crate::base::clock::{self, MediaTime};
use crate::model::frame::{Colour, Integrity, OwnedPlanes, Rotation};

/// Noise with runs of the extremes, from a seed.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            match state % 7 {
                0 => 0,
                1 => 255,
                _ => (state >> 24) as u8,
            }
        })
        .collect()
}

fn frame(width: u32, height: u32, layout: Layout, padding: usize, seed: u64) -> Frame {
    let (w, h) = (width as usize, height as usize);
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let sizes = match layout {
        Layout::I420 => vec![(w, h), (cw, ch), (cw, ch)],
        Layout::Nv12 => vec![(w, h), (2 * cw, ch)],
    };
    let planes = sizes
        .into_iter()
        .enumerate()
        .map(|(index, (row, rows))| {
            let stride = row + padding;
            // The last row has no padding after it, as the contract of `Plane` allows.
            let bytes = noise(
                seed.wrapping_add(index as u64 * 77),
                stride * (rows - 1) + row,
            );
            (bytes, stride)
        })
        .collect();
    Frame {
        serial: seed,
        pts: MediaTime(0),
        arrival: clock::now(),
        capture: None,
        width,
        height,
        layout,
        colour: Colour::default(),
        rotation: Rotation::None,
        integrity: Integrity::Whole,
        memory: Memory::System(Box::new(OwnedPlanes(planes))),
    }
}

/// The mean of a block, rounded once; `at` reads a sample with coordinates clamped.
fn block_mean(at: impl Fn(usize, usize) -> u8, x: usize, y: usize, halvings: u32) -> u8 {
    let block = 1_usize << halvings;
    let mut sum = 0_u32;
    for row in 0..block {
        for column in 0..block {
            sum += u32::from(at(x * block + column, y * block + row));
        }
    }
    let count = (block * block) as u32;
    ((sum + count / 2) / count) as u8
}

fn check(frame: &Frame, halvings: u32) {
    let picture = reduce(frame, halvings, &Pool::new(4)).expect("a sound frame");
    assert!(picture.is_sound());
    let Memory::System(planes) = &frame.memory;
    let (w, h) = (frame.width as usize, frame.height as usize);
    let (cw, ch) = (w.div_ceil(2), h.div_ceil(2));
    let sample = |plane: usize, x: usize, y: usize| {
        let plane = planes.plane(plane);
        plane.bytes[y * plane.stride_bytes + x]
    };
    let to = (picture.width as usize, picture.height as usize);
    assert_eq!(to, (w.div_ceil(1 << halvings), h.div_ceil(1 << halvings)));
    for y in 0..to.1 {
        for x in 0..to.0 {
            let expect = block_mean(|x, y| sample(0, x.min(w - 1), y.min(h - 1)), x, y, halvings);
            assert_eq!(picture.y[y * to.0 + x], expect, "luma at {x}, {y}");
        }
    }
    let (to_cw, to_ch) = (to.0.div_ceil(2), to.1.div_ceil(2));
    for y in 0..to_ch {
        for x in 0..to_cw {
            for component in 0..2 {
                let at = |x: usize, y: usize| {
                    let (x, y) = (x.min(cw - 1), y.min(ch - 1));
                    match frame.layout {
                        Layout::I420 => sample(1 + component, x, y),
                        Layout::Nv12 => sample(1, 2 * x + component, y),
                    }
                };
                let expect = block_mean(at, x, y, halvings);
                assert_eq!(
                    picture.uv[(y * to_cw + x) * 2 + component],
                    expect,
                    "chroma {component} at {x}, {y}"
                );
            }
        }
    }
}

#[test]
fn named_sizes_equal_the_reference() {
    for layout in [Layout::I420, Layout::Nv12] {
        for halvings in 0..=MOST_HALVINGS {
            for (width, height) in [
                (1, 1),
                (2, 2),
                (3, 1),
                (1, 3),
                (33, 17),
                (64, 36),
                (640, 36),
                (129, 65),
            ] {
                for padding in [0, 1, 64] {
                    check(&frame(width, height, layout, padding, 9), halvings);
                }
            }
        }
    }
}

#[test]
fn white_and_black_stay_what_they_are() {
    for value in [0_u8, 255] {
        let mut white = frame(70, 50, Layout::I420, 3, 1);
        white.memory = Memory::System(Box::new(OwnedPlanes(vec![
            (vec![value; 70 * 50], 70),
            (vec![value; 35 * 25], 35),
            (vec![value; 35 * 25], 35),
        ])));
        for halvings in 0..=MOST_HALVINGS {
            let picture = reduce(&white, halvings, &Pool::new(2)).expect("sound");
            assert!(
                picture
                    .y
                    .iter()
                    .chain(picture.uv.iter())
                    .all(|s| *s == value)
            );
        }
    }
}

proptest! {
    #[test]
    fn any_size_stride_and_layout_equals_the_reference(
        width in 1_u32..150,
        height in 1_u32..70,
        padding in 0_usize..40,
        planar: bool,
        halvings in 0_u32..=MOST_HALVINGS,
        seed: u64,
    ) {
        let layout = if planar { Layout::I420 } else { Layout::Nv12 };
        check(&frame(width, height, layout, padding, seed), halvings);
    }

    #[test]
    fn halvings_leave_at_least_what_is_shown(
        source in (1_u32..5000, 1_u32..5000),
        shown in (1_u32..5000, 1_u32..5000),
    ) {
        let halvings = halvings_for(source, shown);
        let (width, height) = reduced_size(source, halvings);
        if halvings > 0 {
            prop_assert!(width >= shown.0 && height >= shown.1);
        }
        if halvings < MOST_HALVINGS {
            let (width, height) = reduced_size(source, halvings + 1);
            prop_assert!(width < shown.0 || height < shown.1);
        }
    }
}

#[test]
fn damaged_frames_are_refused() {
    let pool = Pool::new(2);
    let mut empty = frame(8, 8, Layout::I420, 0, 1);
    empty.width = 0;
    assert!(matches!(
        reduce(&empty, 0, &pool),
        Err(PictureError::Empty { width: 0, .. })
    ));
    let mut long = frame(8, 8, Layout::I420, 0, 1);
    long.height = 9;
    assert!(matches!(
        reduce(&long, 1, &pool),
        Err(PictureError::ShortPlane { plane: 0, .. })
    ));
    long.height = u32::MAX;
    assert!(matches!(
        reduce(&long, 1, &pool),
        Err(PictureError::TooLarge { .. })
    ));
    let mut overlapping = frame(8, 8, Layout::Nv12, 0, 1);
    overlapping.memory = Memory::System(Box::new(OwnedPlanes(vec![
        (vec![0; 64], 8),
        (vec![0; 64], 4),
    ])));
    assert!(matches!(
        reduce(&overlapping, 1, &pool),
        Err(PictureError::ShortPlane { plane: 1, .. })
    ));
}

#[test]
fn a_tile_of_the_wall_gets_its_halvings() {
    assert_eq!(halvings_for((640, 360), (240, 135)), 1);
    assert_eq!(halvings_for((640, 360), (320, 180)), 1);
    assert_eq!(halvings_for((640, 360), (321, 180)), 0);
    assert_eq!(halvings_for((1920, 1080), (240, 135)), 3);
    assert_eq!(halvings_for((3840, 2160), (1, 1)), 4);
    assert_eq!(halvings_for((1, 1), (0, 0)), 4);
}
