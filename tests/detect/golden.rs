//! What planes become and what a model's numbers become, held against an independent run in double
//! precision: `tests/golden/reference.py`, whose head says what is defined and how it is run.
//!
//! Neither the script nor its packages are needed here: what it computed is `expected.json`.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use qyran::base::clock::{self, MediaTime};
use qyran::detect::decode::Decoder;
use qyran::detect::{Descriptor, Output};
use qyran::model::detection::{Detection, Region};
use qyran::model::frame::{Colour, Matrix, Range, Rotation};
use qyran::pixels::tensor::{Axes, Fit, Form, Order, Placement, fill};
use qyran::pixels::{Picture, Pool};
use serde::Deserialize;

use crate::harness::model;

/// No number of a tensor is further off, codes of 0..255; 0.006 was measured, from places in single
/// precision.
const CODES: f64 = 0.02;
/// The mean and the spread of a colour are no further off, codes of 0..255; 0.00007 was measured.
const MEAN_CODES: f64 = 0.0005;
/// No edge of a box that is read from the same numbers is further off, pixels of the picture; 0.00006
/// was measured.
const DECODED_PIXELS: f64 = 0.001;
/// No score that is read from the same numbers is further off.
const DECODED_SCORE: f64 = 1e-6;
/// No edge of a box of the model itself is further off, pixels of the picture; 0.004 was
/// measured with the same version of the runtime, 1.31.1.
const SEEN_PIXELS: f64 = 0.05;
/// No score of the model itself is further off; no decision of these frames is nearer than 0.001.
const SEEN_SCORE: f64 = 0.0002;
/// A mistake in the definition moves some number at least so many times further than is allowed.
const CLEARLY: f64 = 20.0;

#[derive(Deserialize)]
struct Expected {
    tensors: Vec<TensorCase>,
    looks: Vec<LookCase>,
}

#[derive(Deserialize)]
struct Shown {
    frame: String,
    matrix: String,
    range: String,
    turns: u32,
    part: [f32; 4],
}

#[derive(Deserialize)]
struct OwnForm {
    width: usize,
    height: usize,
    colour: String,
    layout: String,
    fit: String,
    mean: [f32; 3],
    std: [f32; 3],
}

#[derive(Deserialize)]
struct Placed {
    left: f32,
    top: f32,
    columns: f32,
    rows: f32,
}

#[derive(Deserialize)]
struct TensorCase {
    name: String,
    #[serde(flatten)]
    shown: Shown,
    model: Option<String>,
    form: Option<OwnForm>,
    placement: Placed,
    mean_of_each: [f64; 3],
    std_of_each: [f64; 3],
    /// Column, row, and the three colours.
    pixels: Vec<[f64; 5]>,
    /// How far the mistakes of the script's list move one of these pixels.
    codes_apart_when: std::collections::BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct LookCase {
    name: String,
    #[serde(flatten)]
    shown: Shown,
    model: String,
    placement: Placed,
    least_score: f32,
    /// Output, where in it a run begins, and its numbers; the rest are zeros.
    runs: Vec<(usize, usize, Vec<f32>)>,
    found: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    class: String,
    score: f64,
    region: [f64; 4],
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn expected() -> Expected {
    let path = repository().join("tests/golden/expected.json");
    let text = fs::read_to_string(path).expect("what was computed");
    serde_json::from_str(&text).expect("JSON as the script writes it")
}

fn descriptor(id: &str) -> Descriptor {
    Descriptor::read(&repository().join("models").join(id)).expect("a descriptor")
}

/// Width and height of a sheet's picture; Y stands above, U and V side by side below it.
fn size_of(frame: &str) -> (u32, u32) {
    match frame {
        "street" => (640, 360),
        "rider" => (321, 241),
        "grey" => (320, 180),
        other => panic!("no frame {other}"),
    }
}

fn sheet(path: &Path) -> (usize, Vec<u8>) {
    let file = BufReader::new(File::open(path).expect("a frame"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("its samples");
    assert_eq!(info.color_type, png::ColorType::Grayscale);
    (info.width as usize, bytes)
}

fn picture(shown: &Shown) -> Picture {
    let (width, height) = size_of(&shown.frame);
    let file = format!("tests/golden/{}.png", shown.frame);
    let (stride, bytes) = sheet(&repository().join(file));
    let (columns, rows) = (width.div_ceil(2) as usize, height.div_ceil(2) as usize);
    let (luma, chroma) = bytes.split_at(stride * height as usize);
    let luma = luma
        .chunks_exact(stride)
        .flat_map(|row| row[..width as usize].to_vec());
    let both = chroma
        .chunks_exact(stride)
        .flat_map(|row| (0..columns).flat_map(|at| [row[at], row[columns + at]]));
    let uv: Vec<u8> = both.collect();
    assert_eq!(uv.len(), 2 * columns * rows);
    Picture {
        serial: 1,
        source_width: width,
        source_height: height,
        halvings: 0,
        width,
        height,
        y: luma.collect::<Vec<u8>>().into(),
        uv: uv.into(),
        exact: None,
        colour: Colour {
            matrix: match shown.matrix.as_str() {
                "bt601" => Matrix::Bt601,
                "bt709" => Matrix::Bt709,
                _ => Matrix::Bt2020,
            },
            range: if shown.range == "full" {
                Range::Full
            } else {
                Range::Limited
            },
        },
        rotation: match shown.turns {
            0 => Rotation::None,
            1 => Rotation::Quarter,
            2 => Rotation::Half,
            _ => Rotation::ThreeQuarters,
        },
        pts: MediaTime(0),
        arrival: clock::now(),
        capture: None,
    }
}

impl OwnForm {
    fn form(&self) -> Form {
        Form {
            width: self.width,
            height: self.height,
            order: if self.colour == "bgr" {
                Order::Bgr
            } else {
                Order::Rgb
            },
            axes: if self.layout == "nchw" {
                Axes::Nchw
            } else {
                Axes::Nhwc
            },
            fit: match self.fit.as_str() {
                "stretch" => Fit::Stretch,
                "letterbox" => Fit::Letterbox,
                _ => Fit::LetterboxTopLeft,
            },
            mean: self.mean,
            std: self.std,
        }
    }
}

impl Placed {
    fn placement(&self, part: [f32; 4]) -> Placement {
        Placement {
            part: Region::from(part),
            left: self.left,
            top: self.top,
            columns: self.columns,
            rows: self.rows,
        }
    }
}

impl TensorCase {
    fn form(&self) -> Form {
        match (&self.model, &self.form) {
            (Some(id), None) => descriptor(id).form(),
            (None, Some(form)) => form.form(),
            _ => panic!("{}: a model or a form", self.name),
        }
    }

    /// How far the tensor of `picture` is off: the worst pixel, and the worst mean or spread, codes.
    fn off(&self, picture: &Picture, form: &Form) -> (f64, f64) {
        let mut tensor = Vec::new();
        let part = Region::from(self.shown.part);
        let placement = fill(picture, part, form, &Pool::new(4), &mut tensor).expect("a tensor");
        assert_eq!(
            placement,
            self.placement.placement(self.shown.part),
            "{}",
            self.name
        );
        let per_plane = form.width * form.height;
        let place = |colour: usize, pixel: usize| match form.axes {
            Axes::Nchw => colour * per_plane + pixel,
            Axes::Nhwc => 3 * pixel + colour,
        };
        let (mut worst, mut worst_mean) = (0.0_f64, 0.0_f64);
        for colour in 0..3 {
            let std = f64::from(form.std[colour]);
            for [x, y, values @ ..] in &self.pixels {
                let pixel = *y as usize * form.width + *x as usize;
                let off = f64::from(tensor[place(colour, pixel)]) - values[colour];
                worst = worst.max((off * std).abs());
            }
            let all = (0..per_plane).map(|pixel| f64::from(tensor[place(colour, pixel)]));
            let mean = all.clone().sum::<f64>() / per_plane as f64;
            let spread = all.map(|value| (value - mean).powi(2)).sum::<f64>();
            let spread = (spread / per_plane as f64).sqrt();
            worst_mean = worst_mean
                .max(((mean - self.mean_of_each[colour]) * std).abs())
                .max(((spread - self.std_of_each[colour]) * std).abs());
        }
        (worst, worst_mean)
    }
}

#[test]
fn golden_tensors_are_as_defined() {
    let mut told = Vec::new();
    for case in expected().tensors {
        let (worst, worst_mean) = case.off(&picture(&case.shown), &case.form());
        if worst > CODES || worst_mean > MEAN_CODES {
            told.push(format!("{}: {worst:.4}, means {worst_mean:.5}", case.name));
        }
    }
    assert!(told.is_empty(), "codes off: {told:#?}");
}

/// The pixels that are held are such that a mistake shows.
#[test]
fn golden_pixels_tell_mistakes_apart() {
    let cases = expected().tensors;
    for mistake in cases[0].codes_apart_when.keys() {
        let apart = cases.iter().map(|case| case.codes_apart_when[mistake]);
        let most = apart.fold(0.0, f64::max);
        assert!(most > CLEARLY * CODES, "{mistake}: {most}");
    }
    let case = &cases[0];
    let off = |picture: &Picture, form: &Form| case.off(picture, form).0;
    let right = picture(&case.shown);
    let form = case.form();
    assert!(off(&right, &form) <= CODES);

    let mut swapped = form.clone();
    swapped.order = Order::Rgb;
    assert!(off(&right, &swapped) > CLEARLY * CODES);
    let mut shifted = form.clone();
    shifted.mean[1] = 0.0;
    assert!(off(&right, &shifted) > CLEARLY * CODES);
    let mut other = picture(&case.shown);
    other.colour.matrix = Matrix::Bt601;
    assert!(off(&other, &form) > CLEARLY * CODES);
    let mut crossed = picture(&case.shown);
    crossed.uv.chunks_exact_mut(2).for_each(<[u8]>::reverse);
    assert!(off(&crossed, &form) > CLEARLY * CODES);
    let mut moved = picture(&case.shown);
    moved.uv.rotate_right(2);
    assert!(off(&moved, &form) > CLEARLY * CODES);
}

/// How far what was found is off in pixels and in score; the same things in the same order.
fn found_off(case: &LookCase, found: &[Detection]) -> (f64, f64) {
    let classes: Vec<&str> = found.iter().map(|found| found.class.as_str()).collect();
    let wanted: Vec<&str> = case.found.iter().map(|found| &*found.class).collect();
    assert_eq!(classes, wanted, "{}: {found:?}", case.name);
    let (width, height) = size_of(&case.shown.frame);
    let (mut pixels, mut score) = (0.0_f64, 0.0_f64);
    for (found, wanted) in found.iter().zip(&case.found) {
        let region = &found.region;
        let edges = [region.left, region.top, region.right, region.bottom];
        for (index, (edge, wanted)) in edges.iter().zip(wanted.region).enumerate() {
            let side = f64::from([width, height][index % 2]);
            pixels = pixels.max(((f64::from(*edge) - wanted) * side).abs());
        }
        score = score.max((f64::from(found.score) - wanted.score).abs());
    }
    (pixels, score)
}

#[test]
fn golden_numbers_of_models_are_read_as_published() {
    for case in expected().looks {
        let described = descriptor(&case.model);
        let shapes = described.outputs.iter().map(|output| &output.shape);
        let mut values: Vec<Vec<f32>> = shapes
            .clone()
            .map(|shape| vec![0.0; shape.iter().product::<i64>() as usize])
            .collect();
        for (output, begin, run) in &case.runs {
            values[*output][*begin..begin + run.len()].copy_from_slice(run);
        }
        let outputs: Vec<Output<'_>> = shapes
            .zip(&values)
            .map(|(shape, values)| Output { shape, values })
            .collect();
        let placement = case.placement.placement(case.shown.part);
        let mut found = Vec::new();
        Decoder::new(&described)
            .decode(&outputs, case.least_score, &placement, &mut found)
            .expect("read");
        let (pixels, score) = found_off(&case, &found);
        assert!(
            pixels <= DECODED_PIXELS && score <= DECODED_SCORE,
            "{}: {pixels:.5} pixels, score {score:.7}",
            case.name
        );
    }
}

#[test]
fn golden_frames_show_the_models_what_the_reference_saw() {
    for case in expected().looks {
        let mut found = Vec::new();
        let part = Region::from(case.shown.part);
        model(&case.model)
            .look(&picture(&case.shown), part, case.least_score, &mut found)
            .expect("a look");
        let (pixels, score) = found_off(&case, &found);
        assert!(
            pixels <= SEEN_PIXELS && score <= SEEN_SCORE,
            "{}: {pixels:.4} pixels, score {score:.6}",
            case.name
        );
    }
}
