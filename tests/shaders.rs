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
use qyran::gpu::{FeedKey, LabelDraw, LabelImage, TileDraw, WallPaint};
use qyran::model::frame::{Colour, Matrix, Range, Rotation};
use qyran::pixels::reduce::reduce_further;
use qyran::pixels::{Picture, Pool, exact_pixels, halvings_for};

/// Codes by which a flat colour may be off.
const FLAT: f64 = 2.0;

/// Codes by which a pixel of sharp detail may be off: filters with weights of 8 bits, as
/// lavapipe's are, err by up to a code in each plane, and blue is 1.2 of luma's error and 2.1 of
/// chroma's, and half a code of rounding.
const DETAILED: f64 = 3.8;

/// And on average over a tile.
const DETAILED_MEAN: f64 = 0.7;

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
                    FLAT,
                    &format!("{matrix:?} {range:?} bar {index}"),
                );
            }
        }
    }
}

/// A target that encodes sRGB on write ends with the same codes.
#[test]
fn an_srgb_target_shows_the_same_codes() {
    let Some(gpu) = Harness::with_format(Some(wgpu::TextureFormat::Rgba8UnormSrgb)) else {
        return;
    };
    for (feed, rgb) in [[128, 128, 128], [5, 60, 250], [200, 10, 90]]
        .into_iter()
        .enumerate()
    {
        let (image, expect) = flat(1, (16, 16), rgb);
        let drawn = gpu.draw(
            [8, 8],
            vec![tile(feed as u64, [0.0, 0.0, 8.0, 8.0], &image)],
        );
        close(drawn.at(4, 4), expect, FLAT, &format!("{rgb:?}"));
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
            t.rect_px = [10.5, 20.25, 120.75, 67.5];
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
            let mut error = 0.0;
            for y in 0..screen[1] {
                for x in 0..screen[0] {
                    let what = format!("{name}, {rotation:?}, at {x}, {y}");
                    match reference::pixel(&image, &tile, x, y) {
                        Some(expect) => {
                            inside += 1;
                            error += close(drawn.at(x, y), expect, DETAILED, &what);
                        }
                        None => assert_eq!(drawn.at(x, y), harness::CLEAR, "{what}: outside"),
                    }
                }
            }
            let mean = error / f64::from(inside);
            assert!(mean < DETAILED_MEAN, "{name}: off by {mean:.2} on average");
            assert!(inside > 5_000, "{name}: only {inside} pixels were compared");
        }
    }
}

/// The same where the processor makes the pixels of the screen: copied where the tile has their
/// size, stretched where it has not.
#[test]
fn pixels_made_on_the_processor_equal_the_reference() {
    let Some(gpu) = Harness::new() else { return };
    let screen = [160, 120];
    let colours = [
        Colour::default(),
        Colour {
            matrix: Matrix::Bt601,
            range: Range::Full,
        },
    ];
    let whole = [0.0, 0.0, 1.0, 1.0];
    let cases = [
        ("smaller", [190, 140], [120, 96], whole, 1.0),
        ("larger", [96, 54], [120, 96], whole, 1.0),
        ("odd", [97, 55], [119, 95], whole, 1.0),
        ("one pixel", [1, 1], [120, 96], whole, 1.0),
        ("a column", [1, 33], [120, 96], whole, 1.0),
        ("cropped", [96, 54], [120, 96], [0.25, 0.125, 0.5, 0.5], 1.0),
        ("dim", [96, 54], [120, 96], whole, 0.4),
    ];
    for (index, (name, [width, height], shown, uv, dim)) in cases.into_iter().enumerate() {
        let colour = colours[index % 2];
        let mut image = picture(1, width, height, colour, busy(width, height, 3));
        let [w, h]: [u32; 2] = shown;
        let full = [w as f32 / uv[2], h as f32 / uv[3]].map(|side| side as u32);
        let exact = exact_pixels(&image, full[0], full[1], &Pool::new(1));
        Arc::get_mut(&mut image).expect("only ours").exact = exact;
        let tile = TileDraw {
            uv,
            dim,
            ..tile(index as u64, [16.0, 8.0, w as f32, h as f32], &image)
        };
        let drawn = gpu.draw(screen, vec![tile.clone()]);
        let bright = TileDraw { dim: 1.0, ..tile };
        let (mut inside, mut error) = (0, 0.0);
        for y in 0..screen[1] {
            for x in 0..screen[0] {
                let what = format!("{name} at {x}, {y}");
                // These pixels are clamped before they are dimmed.
                match reference::pixel(&image, &bright, x, y) {
                    Some(expect) => {
                        inside += 1;
                        let expect = expect.map(|channel| channel * f64::from(dim));
                        error += close(drawn.at(x, y), expect, DETAILED, &what);
                    }
                    None => assert_eq!(drawn.at(x, y), harness::CLEAR, "{what}: outside"),
                }
            }
        }
        assert_eq!(inside, w * h, "{name}");
        let mean = error / f64::from(inside);
        assert!(mean < DETAILED_MEAN, "{name}: off by {mean:.2} on average");
    }
}

/// Between a change of the layout and the next picture, pixels of another size are shown.
#[test]
fn pixels_of_another_size_are_stretched_and_grey_is_grey() {
    let Some(gpu) = Harness::new() else { return };
    let (mut image, rgb) = flat(1, (64, 36), [200, 40, 90]);
    let exact = exact_pixels(&image, 32, 18, &Pool::new(1));
    Arc::get_mut(&mut image).expect("only ours").exact = exact;
    let stretched = tile(1, [0.0, 0.0, 80.0, 45.0], &image);
    let drawn = gpu.draw([80, 45], vec![stretched.clone()]);
    for at in [(0, 0), (40, 20), (79, 44)] {
        close(drawn.at(at.0, at.1), rgb, DETAILED, "stretched");
    }
    let grey = TileDraw {
        grey: 1.0,
        ..stretched
    };
    let [red, green, blue, _] = gpu.draw([80, 45], vec![grey]).at(40, 20);
    assert!(
        red == green && green == blue && red > 30,
        "{red} {green} {blue}"
    );
}

/// Labels lie where they are put, over the tiles, mixed by their alpha; a label that comes back is
/// the same, and hundreds of others do not disturb it.
#[test]
fn labels_lie_over_the_tiles() {
    let Some(gpu) = Harness::new() else { return };
    let (image, _) = flat(1, (64, 36), [200, 100, 50]);
    let label = |width: u32, height: u32, rgba: [u8; 4]| {
        let pixels = rgba.repeat((width * height) as usize);
        Arc::new(LabelImage::new(width, height, pixels))
    };
    let (shade, sign) = (label(20, 10, [0, 0, 0, 128]), label(3, 3, [0, 255, 0, 255]));
    let at = |image: &Arc<LabelImage>, x: i32, y: i32| LabelDraw {
        image: Arc::clone(image),
        at_px: [x, y],
    };
    let paint = |labels: Vec<LabelDraw>| WallPaint {
        view: 0,
        tiles: vec![tile(1, [0.0, 0.0, 80.0, 45.0], &image)],
        labels,
        stats: Arc::clone(&gpu.stats),
    };
    let check = |drawn: &harness::Drawn| {
        close(drawn.at(9, 20), [200.0, 100.0, 50.0], FLAT, "left of it");
        close(drawn.at(10, 20), [100.0, 50.0, 25.0], FLAT, "shaded");
        close(
            drawn.at(29, 29),
            [100.0, 50.0, 25.0],
            FLAT,
            "its last pixel",
        );
        close(drawn.at(30, 29), [200.0, 100.0, 50.0], FLAT, "right of it");
        close(drawn.at(12, 22), [0.0, 255.0, 0.0], FLAT, "the sign on it");
        close(
            drawn.at(15, 25),
            [100.0, 50.0, 25.0],
            FLAT,
            "beside the sign",
        );
    };
    let ours = || vec![at(&shade, 10, 20), at(&sign, 12, 22)];
    check(&gpu.draw_paints([80, 45], vec![paint(ours())]));
    for round in 0..6 {
        let others = (0..400).map(|n| at(&label(150, 40, [n as u8, round, 0, 255]), 60, 0));
        let labels = others.chain(ours()).collect();
        check(&gpu.draw_paints([80, 45], vec![paint(labels)]));
    }
    check(&gpu.draw_paints([80, 45], vec![paint(ours())]));
}

/// Ages that run change the width of names for days: what is no longer drawn leaves room for labels of
/// any other size.
#[test]
fn labels_of_ever_other_sizes_take_no_more_memory() {
    let Some(gpu) = Harness::new() else { return };
    let (image, _) = flat(1, (64, 36), [200, 100, 50]);
    let mut most = 0;
    for n in 0..1500_u32 {
        let (width, height) = (40 + n * 97 % 400, 10 + n * 31 % 40);
        let label = LabelImage::new(width, height, vec![255; 4 * (width * height) as usize]);
        let paint = WallPaint {
            view: 0,
            tiles: vec![tile(1, [0.0, 0.0, 80.0, 45.0], &image)],
            labels: vec![LabelDraw {
                image: Arc::new(label),
                at_px: [0, 0],
            }],
            stats: Arc::clone(&gpu.stats),
        };
        gpu.draw_paints([80, 45], vec![paint]);
        most = most.max(gpu.stats.figures().texture_bytes);
    }
    // One atlas of a million pixels, and the one picture.
    assert!(most < (4 << 20) + (1 << 20), "{most} bytes");
}

type TileChange = fn(&mut TileDraw);

/// A picture of one colour, and what it must look like.
fn flat(serial: u64, size: (u32, u32), rgb: [u8; 3]) -> (Arc<Picture>, [f64; 3]) {
    let colour = Colour::default();
    let codes = reference::codes_of(rgb, colour);
    (
        picture(serial, size.0, size.1, colour, move |_, _| codes),
        rgb.map(f64::from),
    )
}

/// Distinct, strong colours.
fn rgb_of_feed(feed: u64) -> [u8; 3] {
    let level = |shift: u64| 20 + ((feed * 97 + 31) >> shift) % 5 * 50;
    [level(0) as u8, level(2) as u8, level(4) as u8]
}

/// Many feeds of one size share an array, which grows meanwhile: each pixel of each tile has its
/// own feed's colour up to the tile's edge, and the earlier ones keep it without being sent again.
#[test]
fn feeds_in_one_array_do_not_leak_and_growth_keeps_them() {
    let Some(gpu) = Harness::new() else { return };
    let rect = |feed: u64| {
        let (column, row) = (feed % 10, feed / 10);
        [column as f32 * 20.0, row as f32 * 12.0, 20.0, 12.0]
    };
    let mut shown = Vec::new();
    for count in [3_u64, 20, 45] {
        let mut tiles = Vec::new();
        for feed in 0..count {
            let (image, _) = flat(1, (33, 18), rgb_of_feed(feed));
            let mut tile = tile(feed, rect(feed), &image);
            if shown.contains(&feed) {
                tile.picture = None;
            } else {
                shown.push(feed);
            }
            tiles.push(tile);
        }
        let drawn = gpu.draw([200, 60], tiles);
        for feed in 0..count {
            let [left, top, ..] = rect(feed).map(|side| side as u32);
            let expect = rgb_of_feed(feed).map(f64::from);
            for (x, y) in [(0, 0), (19, 0), (0, 11), (19, 11), (10, 6)] {
                let what = format!("feed {feed} of {count} at {x}, {y}");
                close(drawn.at(left + x, top + y), expect, FLAT, &what);
            }
        }
    }
    let figures = gpu.stats.figures();
    assert_eq!(figures.uploads, 45);
    assert_eq!(figures.arrays, 1);
    assert_eq!(figures.draws, 3, "one draw a paint");
    assert_eq!(figures.layers_used, 45);
    assert!(figures.resizes >= 2, "it grew: {figures:?}");
}

#[test]
fn a_picture_is_sent_once_however_many_show_it() {
    let Some(gpu) = Harness::new() else { return };
    gpu.stats.keep_log(true);
    let (image, rgb) = flat(7, (64, 36), [200, 60, 30]);
    let twice = vec![
        tile(1, [0.0, 0.0, 32.0, 18.0], &image),
        tile(1, [32.0, 0.0, 32.0, 18.0], &image),
    ];
    for view in [0, 1] {
        let drawn = gpu.draw_view(view, [64, 18], twice.clone());
        close(drawn.at(5, 5), rgb, FLAT, "left");
        close(drawn.at(60, 5), rgb, FLAT, "right");
    }
    assert_eq!(gpu.stats.figures().uploads, 1);
    assert_eq!(gpu.stats.figures().upload_bytes, 64 * 36 * 3 / 2);
    let (newer, rgb) = flat(8, (64, 36), [20, 160, 230]);
    let drawn = gpu.draw([64, 18], vec![tile(1, [0.0, 0.0, 64.0, 18.0], &newer)]);
    close(drawn.at(5, 5), rgb, FLAT, "the newer one");
    let log = gpu.stats.take_log();
    let sent: Vec<_> = log
        .iter()
        .map(|one| (one.feed, one.serial, one.paint))
        .collect();
    assert_eq!(sent, [(FeedKey(1), 7, 1), (FeedKey(1), 8, 3)]);
    assert_eq!(log[1].arrival, newer.arrival);
    assert!(gpu.stats.take_log().is_empty());
}

#[test]
fn a_feed_that_changes_its_size_moves_and_leaves_no_layer_behind() {
    let Some(gpu) = Harness::new() else { return };
    for (serial, size) in [
        (1, (64, 36)),
        (2, (32, 18)),
        (2, (64, 36)),
        (3, (1920, 1080)),
    ] {
        let (image, rgb) = flat(serial, size, rgb_of_feed(u64::from(size.0)));
        let drawn = gpu.draw([64, 36], vec![tile(1, [0.0, 0.0, 64.0, 36.0], &image)]);
        close(drawn.at(32, 18), rgb, FLAT, &format!("{size:?}"));
        assert_eq!(gpu.stats.figures().layers_used, 1);
    }
    assert_eq!(
        gpu.stats.figures().uploads,
        4,
        "a new size is a new picture"
    );
}

#[test]
fn large_pictures_have_textures_of_their_own() {
    let Some(gpu) = Harness::new() else { return };
    let tiles = (0..3)
        .map(|feed| {
            let (image, _) = flat(1, (1920, 1080), rgb_of_feed(feed));
            tile(feed, [feed as f32 * 64.0, 0.0, 64.0, 36.0], &image)
        })
        .collect();
    let drawn = gpu.draw([192, 36], tiles);
    for feed in 0..3 {
        let expect = rgb_of_feed(feed).map(f64::from);
        close(
            drawn.at(feed as u32 * 64 + 32, 18),
            expect,
            FLAT,
            "a large one",
        );
    }
    let figures = gpu.stats.figures();
    assert_eq!((figures.arrays, figures.layers, figures.draws), (3, 3, 3));
    assert_eq!(figures.texture_bytes, 3 * 1920 * 1080 * 3 / 2);
}

#[test]
fn what_is_not_shown_any_more_is_freed_and_arrays_shrink() {
    let Some(gpu) = Harness::new() else { return };
    let all: Vec<TileDraw> = (0..60)
        .map(|feed| {
            let (image, _) = flat(1, (40, 20), rgb_of_feed(feed));
            tile(feed, [0.0, 0.0, 8.0, 8.0], &image)
        })
        .chain([{
            let (large, _) = flat(1, (1300, 20), [9, 9, 9]);
            tile(99, [8.0, 0.0, 8.0, 8.0], &large)
        }])
        .collect();
    gpu.draw([16, 8], all);
    let before = gpu.stats.figures();
    assert_eq!((before.layers_used, before.arrays), (61, 2));
    let stays = FeedKey(57);
    for _ in 0..400 {
        let mut last = tile(57, [0.0, 0.0, 8.0, 8.0], &flat(1, (40, 20), [0; 3]).0);
        last.picture = None;
        let drawn = gpu.draw([16, 8], vec![last]);
        let expect = rgb_of_feed(stays.0).map(f64::from);
        close(drawn.at(4, 4), expect, FLAT, "the one that stays");
        assert_eq!(
            drawn.at(12, 4),
            harness::CLEAR,
            "where nothing is drawn any more"
        );
    }
    let after = gpu.stats.figures();
    assert_eq!((after.layers_used, after.arrays), (1, 1), "{after:?}");
    assert!(after.texture_bytes < before.texture_bytes / 2, "{after:?}");
    assert_eq!(after.uploads, 61, "nothing was sent again");
}

/// What another window still shows stays, however long that window is not painted.
#[test]
fn a_still_window_keeps_its_pictures() {
    let Some(gpu) = Harness::new() else { return };
    let (image, rgb) = flat(1, (40, 20), [250, 10, 10]);
    let still = tile(1, [0.0, 0.0, 8.0, 8.0], &image);
    gpu.draw_view(1, [8, 8], vec![still.clone()]);
    let (other, _) = flat(1, (40, 20), [0, 0, 0]);
    for _ in 0..400 {
        gpu.draw_view(2, [8, 8], vec![tile(2, [0.0, 0.0, 8.0, 8.0], &other)]);
    }
    let drawn = gpu.draw_view(
        1,
        [8, 8],
        vec![TileDraw {
            picture: None,
            ..still
        }],
    );
    close(drawn.at(4, 4), rgb, FLAT, "the still window");
}

/// egui prepares all callbacks of a window before it paints the first.
#[test]
fn two_walls_in_one_window_do_not_mix() {
    let Some(gpu) = Harness::new() else { return };
    let (left, left_rgb) = flat(1, (64, 36), [250, 10, 10]);
    let (right, right_rgb) = flat(1, (64, 36), [10, 10, 250]);
    let paint = |view, tile| WallPaint {
        view,
        tiles: vec![tile],
        labels: Vec::new(),
        stats: Arc::clone(&gpu.stats),
    };
    let drawn = gpu.draw_paints(
        [16, 8],
        vec![
            paint(1, tile(1, [0.0, 0.0, 8.0, 8.0], &left)),
            paint(2, tile(2, [8.0, 0.0, 8.0, 8.0], &right)),
        ],
    );
    close(drawn.at(4, 4), left_rgb, FLAT, "left");
    close(drawn.at(12, 4), right_rgb, FLAT, "right");
}

#[test]
fn damaged_pictures_are_refused_and_counted() {
    let Some(gpu) = Harness::new() else { return };
    let (sound, rgb) = flat(1, (8, 8), [200, 200, 200]);
    let broken = |width, height, bytes: usize| {
        let (mut image, _) = flat(2, (8, 8), [1, 2, 3]);
        let inner = Arc::get_mut(&mut image).expect("only ours");
        (inner.width, inner.height) = (width, height);
        inner.y = vec![0; bytes].into();
        image
    };
    let tiles = vec![
        tile(1, [0.0, 0.0, 8.0, 8.0], &sound),
        tile(2, [8.0, 0.0, 8.0, 8.0], &broken(0, 0, 0)),
        tile(3, [8.0, 0.0, 8.0, 8.0], &broken(8, 8, 3)),
        tile(4, [8.0, 0.0, 8.0, 8.0], &broken(u32::MAX, u32::MAX, 1)),
    ];
    let drawn = gpu.draw([16, 8], tiles);
    close(drawn.at(4, 4), rgb, FLAT, "the sound one");
    assert_eq!(drawn.at(12, 4), harness::CLEAR, "no texture, nothing drawn");
    assert_eq!(gpu.stats.figures().refused, 3);
    let nonsense = TileDraw {
        rect_px: [f32::NAN, f32::INFINITY, -5.0, 0.0],
        uv: [f32::NAN; 4],
        ..tile(1, [0.0; 4], &sound)
    };
    gpu.draw([16, 8], vec![nonsense]);
}

#[test]
fn a_picture_larger_than_any_texture_is_made_smaller() {
    let Some(gpu) = Harness::new() else { return };
    let most = qyran::gpu::most_side_px(&gpu.state);
    let (image, rgb) = flat(1, (most + 1, 2), [30, 200, 90]);
    let drawn = gpu.draw([64, 8], vec![tile(1, [0.0, 0.0, 64.0, 8.0], &image)]);
    close(drawn.at(0, 4), rgb, FLAT, "left");
    close(drawn.at(63, 4), rgb, FLAT, "right");
    assert_eq!(gpu.stats.figures().shrunk, 1);
}

/// A crop takes from outside itself no more than the half sample that filtering needs.
#[test]
fn a_crop_does_not_bleed() {
    let Some(gpu) = Harness::new() else { return };
    let colour = Colour::default();
    let (inner, outer) = ([220, 40, 40], [20, 60, 240]);
    let image = picture(1, 64, 64, colour, |x, y| {
        let inside = (16..48).contains(&x) && (16..48).contains(&y);
        reference::codes_of(if inside { inner } else { outer }, colour)
    });
    let mut tile = tile(1, [0.0, 0.0, 128.0, 128.0], &image);
    tile.uv = [0.25, 0.25, 0.5, 0.5];
    let drawn = gpu.draw([128, 128], vec![tile]);
    // A chroma sample is eight pixels here: half of one is four.
    for at in 4..124 {
        for (x, y) in [(at, 4), (at, 123), (4, at), (123, at)] {
            close(
                drawn.at(x, y),
                inner.map(f64::from),
                FLAT,
                &format!("at {x}, {y}"),
            );
        }
    }
}

/// What is reduced first and then drawn, against the mean over each pixel's own area: by how much
/// the error changes from one picture of a moving scene to the next, which is what the eye sees
/// crawl. Returns the root of the mean square and the largest, in codes.
fn crawl(gpu: &Harness, halvings: u32, scene: &dyn Fn(f64, f64) -> f64) -> (f64, f64) {
    const SOURCE: (u32, u32) = (640, 360);
    const SHOWN: (u32, u32) = (240, 135);
    let pool = Pool::new(4);
    let mut before: Option<Vec<f64>> = None;
    let (mut sum, mut count, mut largest) = (0.0, 0, 0.0_f64);
    for step in 0_u32..8 {
        let at = |x: u32, y: u32| scene(f64::from(x) + f64::from(step), f64::from(y));
        let colour = Colour {
            matrix: Matrix::Bt709,
            range: Range::Full,
        };
        let code = |x, y| [at(x, y).round() as u8, 128, 128];
        let source = picture(step.into(), SOURCE.0, SOURCE.1, colour, code);
        let reduced = Arc::new(reduce_further(&source, halvings, &pool).expect("sound"));
        let [width, height] = [SHOWN.0 as f32, SHOWN.1 as f32];
        let drawn = gpu.draw(
            [SHOWN.0, SHOWN.1],
            vec![tile(1, [0.0, 0.0, width, height], &reduced)],
        );
        let errors: Vec<f64> = (0..SHOWN.1)
            .flat_map(|y| (0..SHOWN.0).map(move |x| (x, y)))
            .map(|(x, y)| f64::from(drawn.at(x, y)[0]) - reference::area_mean(&source, SHOWN, x, y))
            .collect();
        if let Some(before) = &before {
            for (now, before) in errors.iter().zip(before) {
                let change = (now - before).abs();
                sum += change * change;
                count += 1;
                largest = largest.max(change);
            }
        }
        before = Some(errors);
    }
    ((sum / f64::from(count)).sqrt(), largest)
}

#[test]
fn moving_fine_detail_does_not_crawl() {
    let Some(gpu) = Harness::new() else { return };
    type Scene = Box<dyn Fn(f64, f64) -> f64>;
    // Scene; by how much less it must crawl than without halvings; codes it may crawl at most.
    let scenes: [(&str, Scene, f64, f64); 3] = [
        (
            "zone plate",
            Box::new(|x, y| {
                let (x, y) = (x - 320.0, y - 180.0);
                127.5 + 100.0 * ((x * x + y * y) * std::f64::consts::PI / 720.0).cos()
            }),
            2.5,
            25.0,
        ),
        (
            "grid of one pixel on, one off",
            Box::new(|x, y| if (x + y) % 2.0 < 1.0 { 227.0 } else { 28.0 }),
            5.0,
            10.0,
        ),
        (
            "railings of four pixels",
            Box::new(|x, _| if x % 4.0 < 2.0 { 227.0 } else { 28.0 }),
            1.5,
            45.0,
        ),
    ];
    for (name, scene, less, most) in &scenes {
        let (plain, plain_largest) = crawl(&gpu, 0, scene);
        let (ours, largest) = crawl(&gpu, halvings_for((640, 360), (240, 135)), scene);
        println!(
            "{name}: {ours:.1} codes (at most {largest:.0}), without halvings {plain:.1} (at most {plain_largest:.0})"
        );
        assert!(ours * less < plain, "{name}: {ours:.1} against {plain:.1}");
        assert!(ours < *most, "{name}: {ours:.1} codes");
    }
}
