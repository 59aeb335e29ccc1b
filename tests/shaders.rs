//! The shaders against the recommendations: every file is valid, and what they draw on whatever
//! adapter there is equals what plain double-precision arithmetic says.
//!
//! Without an adapter the drawing tests say so and pass.

#[path = "shaders/harness.rs"]
mod harness;
#[path = "shaders/reference.rs"]
mod reference;

use std::sync::Arc;

use harness::{Harness, close, picture};
use qyran::gpu::{FeedKey, TileDraw};
use qyran::model::frame::{Colour, Matrix, Range, Rotation};
use qyran::pixels::Picture;

/// Two codes, and the half that writing the target rounds by.
const TOLERANCE: f64 = 2.5;

fn tile(feed: u64, rect_px: [f32; 4], picture: &Arc<Picture>) -> TileDraw {
    TileDraw {
        feed: FeedKey(feed),
        rect_px,
        uv: [0.0, 0.0, 1.0, 1.0],
        picture: Some(Arc::clone(picture)),
        dim: 1.0,
        grey: 0.0,
    }
}

/// A colour for every eighth of the width, changing down the height, and fine detail in luma.
/// Its contrast is such that filters with weights of 8 bits, as lavapipe's are, err by less than
/// a code in each plane; blue multiplies the chroma plane's error by 2.1.
fn busy(width: u32, height: u32, seed: u32) -> impl Fn(u32, u32) -> [u8; 3] {
    move |x, y| {
        let bar = (x * 8 / width.max(1) + seed) % 8;
        let level = |bit: u32| if bar & bit == 0 { 88 } else { 160 };
        let luma = 60 + (x * 7 + y * 13 + seed * 31) % 120;
        let chroma_ramp = y * 40 / height.max(1);
        [
            luma as u8,
            (level(1) + chroma_ramp) as u8,
            (level(2) - chroma_ramp / 2) as u8,
        ]
    }
}

#[test]
fn every_shader_is_valid() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the shaders' folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ext| ext == "wgsl") {
            let source = std::fs::read_to_string(&path).expect("a text");
            let module = naga::front::wgsl::parse_str(&source).unwrap_or_else(|error| {
                panic!("{}: {}", path.display(), error.emit_to_string(&source))
            });
            naga::valid::Validator::new(
                naga::valid::ValidationFlags::all(),
                naga::valid::Capabilities::empty(),
            )
            .validate(&module)
            .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
            count += 1;
        }
    }
    assert!(count > 0, "no shader was found");
}

/// The eight bars of every matrix and range, as codes of R'G'B' that the recommendation gives.
#[test]
fn colour_bars_have_their_colours() {
    let Some(gpu) = Harness::new() else { return };
    let bars = [
        [255, 255, 255],
        [255, 255, 0],
        [0, 255, 255],
        [0, 255, 0],
        [255, 0, 255],
        [255, 0, 0],
        [0, 0, 255],
        [0, 0, 0],
    ];
    let mut feed = 0;
    for matrix in [Matrix::Bt601, Matrix::Bt709, Matrix::Bt2020] {
        for range in [Range::Limited, Range::Full] {
            let colour = Colour { matrix, range };
            let image = picture(1, 128, 16, colour, |x, _| {
                reference::codes_of(bars[(x / 16) as usize], colour)
            });
            feed += 1;
            let drawn = gpu.draw([128, 16], vec![tile(feed, [0.0, 0.0, 128.0, 16.0], &image)]);
            for (index, bar) in bars.iter().enumerate() {
                let got = drawn.at(index as u32 * 16 + 8, 8);
                close(
                    got,
                    bar.map(f64::from),
                    TOLERANCE,
                    &format!("{matrix:?} {range:?} bar {index}"),
                );
            }
        }
    }
}

/// Every pixel of pictures of awkward sizes, scaled up and down, cropped, turned, dim and grey.
#[test]
fn every_pixel_equals_the_reference() {
    let Some(gpu) = Harness::new() else { return };
    let screen = [160, 120];
    let cases: Vec<(&str, [u32; 2], TileChange)> = vec![
        ("as it is", [96, 54], |_| {}),
        ("odd size", [97, 55], |_| {}),
        ("one pixel", [1, 1], |_| {}),
        ("a column", [1, 33], |_| {}),
        ("larger than the tile", [190, 140], |_| {}),
        ("letterboxed off the grid", [96, 54], |t| {
            t.rect_px = [10.5, 20.25, 120.75, 67.5]
        }),
        ("cropped", [96, 54], |t| t.uv = [0.25, 0.125, 0.5, 0.5]),
        ("dim", [96, 54], |t| t.dim = 0.4),
        ("grey", [96, 54], |t| t.grey = 1.0),
        ("dim and half grey", [96, 54], |t| {
            t.dim = 0.7;
            t.grey = 0.5;
        }),
    ];
    let mut feed = 0;
    for (name, [width, height], change) in cases {
        for rotation in [
            Rotation::None,
            Rotation::Quarter,
            Rotation::Half,
            Rotation::ThreeQuarters,
        ] {
            let mut image = picture(1, width, height, Colour::default(), busy(width, height, 3));
            Arc::get_mut(&mut image).expect("only ours").rotation = rotation;
            feed += 1;
            let mut tile = tile(feed, [16.0, 8.0, 120.0, 96.0], &image);
            change(&mut tile);
            let drawn = gpu.draw(screen, vec![tile.clone()]);
            let mut inside = 0;
            for y in 0..screen[1] {
                for x in 0..screen[0] {
                    let what = format!("{name}, {rotation:?}, at {x}, {y}");
                    match reference::pixel(&image, &tile, x, y) {
                        Some(expect) => {
                            inside += 1;
                            close(drawn.at(x, y), expect, TOLERANCE, &what);
                        }
                        None => assert_eq!(drawn.at(x, y), harness::CLEAR, "{what}: outside"),
                    }
                }
            }
            assert!(inside > 5_000, "{name}: only {inside} pixels were compared");
        }
    }
}

type TileChange = fn(&mut TileDraw);
