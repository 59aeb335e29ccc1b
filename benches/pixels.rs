//! How long a picture takes to be reduced: `cargo bench --bench pixels`.
//!
//! 45 feeds at 15 a second are 675 pictures a second, so 40 µs each are 0.027 of a core.

use qyran::base::clock::{self, MediaTime};
use qyran::model::frame::{Colour, Frame, Integrity, Layout, Memory, OwnedPlanes, Rotation};
use qyran::pixels::{Pool, exact_pixels, reduce};

fn main() {
    divan::main();
}

/// A frame as libav gives it: rows padded to a multiple of 64 bytes.
fn frame((width, height): (usize, usize), layout: Layout) -> Frame {
    let plane = |row: usize, rows: usize| {
        let stride = row.next_multiple_of(64);
        let bytes = (0..stride * rows).map(|at| (at * 31 % 251) as u8).collect();
        (bytes, stride)
    };
    let (chroma_width, chroma_height) = (width / 2, height / 2);
    let planes = match layout {
        Layout::I420 => vec![
            plane(width, height),
            plane(chroma_width, chroma_height),
            plane(chroma_width, chroma_height),
        ],
        Layout::Nv12 => vec![plane(width, height), plane(2 * chroma_width, chroma_height)],
    };
    Frame {
        serial: 1,
        pts: MediaTime(0),
        arrival: clock::now(),
        capture: None,
        width: width as u32,
        height: height as u32,
        layout,
        colour: Colour::default(),
        rotation: Rotation::None,
        integrity: Integrity::Whole,
        memory: Memory::System(Box::new(OwnedPlanes(planes))),
    }
}

const CASES: [(&str, (usize, usize), Layout, u32); 7] = [
    ("640x360 I420, not halved", (640, 360), Layout::I420, 0),
    ("640x360 I420, one halving", (640, 360), Layout::I420, 1),
    ("640x360 NV12, one halving", (640, 360), Layout::Nv12, 1),
    ("640x360 I420, two halvings", (640, 360), Layout::I420, 2),
    ("1920x1080 I420, one halving", (1920, 1080), Layout::I420, 1),
    (
        "1920x1080 I420, two halvings",
        (1920, 1080),
        Layout::I420,
        2,
    ),
    (
        "1920x1080 NV12, two halvings",
        (1920, 1080),
        Layout::Nv12,
        2,
    ),
];

#[divan::bench(args = CASES.map(|case| case.0))]
fn reduce_a_frame(bencher: divan::Bencher<'_, '_>, name: &str) {
    let pool = Pool::new(4);
    let Some((_, size, layout, halvings)) = CASES.into_iter().find(|case| case.0 == name) else {
        return;
    };
    let frame = frame(size, layout);
    bencher
        .counter(divan::counter::BytesCount::new(size.0 * size.1 * 3 / 2))
        .bench(|| reduce(&frame, halvings, &pool));
}

/// A tile's pixels on a wall of 45, and one camera large.
#[divan::bench(args = [((640, 360), (271, 152)), ((1920, 1080), (1820, 1024))])]
fn exact_pixels_of_a_picture(
    bencher: divan::Bencher<'_, '_>,
    (source, shown): ((usize, usize), (u32, u32)),
) {
    let pool = Pool::new(4);
    let frame = frame(source, Layout::I420);
    let halvings = qyran::pixels::halvings_for((source.0 as u32, source.1 as u32), shown);
    let Ok(picture) = reduce(&frame, halvings, &pool) else {
        return;
    };
    bencher.bench(|| exact_pixels(&picture, shown.0, shown.1, &pool));
}
