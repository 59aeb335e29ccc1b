//! How well models find what is there, and lines count it, held against the truth made by hand in
//! `tests/truth`.
//!
//! Recall, precision and false boxes are of non-hard things; a detection on a hard thing counts
//! neither way, as do things lower than what is asked for. A pair is one by greedy overlap (IoU) of
//! at least one half, the surest first.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the output of a command"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::report::{Figure, Report, machine};
use crate::app::eyes;
use crate::base::clock::WallTime;
use crate::detect::{Model, Observer, Provider, Runtime};
use crate::media::{self, clip::Clip};
use crate::model::camera::CameraId;
use crate::model::detection::rule::{Direction, Line, Rule, RuleId, What};
use crate::model::detection::watch::Limits;
use crate::model::detection::{Class, Detection, Point, Region};
use crate::store::paths::Paths;
use crate::trial;

/// Arguments of `qyran bench accuracy`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the ground truth
    #[arg(long, value_name = "FOLDER", default_value = "tests/truth")]
    truth: PathBuf,
    /// Pedestrian clip that the ground truth belongs to
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
    )]
    clip: PathBuf,
    /// Models to compare
    #[arg(long, value_delimiter = ',', default_values_t = MODELS.map(str::to_owned))]
    models: Vec<String>,
    /// Minimum height of persons, pixels of the clip
    #[arg(long, default_value_t = 40)]
    least_px: u32,
    /// Print the tables as Markdown
    #[arg(long)]
    markdown: bool,
    /// Also list misses and false detections
    #[arg(long)]
    misses: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const MODELS: [&str; 3] = [
    "nanodet-g-416x256",
    "nanodet-g-416",
    "ssdlite-mobilenet-v2-300",
];
const THRESHOLDS: [f32; 6] = [0.3, 0.4, 0.45, 0.5, 0.55, 0.6];
/// The threshold whose figures are held against the promises.
const PROMISED: f32 = 0.5;
/// Looks a second at which lines count.
const RATES: [f32; 4] = [5.0, 2.0, 1.0, 1.0 / 3.0];
/// Heights in pixels of the clip, from one to the next.
const HEIGHTS: [u32; 5] = [40, 70, 90, 120, 10_000];
/// The windows that the demo city shows of the clip: top rows of 768 × 432 pixels of 768 × 576.
const WINDOWS: [u32; 3] = [0, 72, 144];
const SAME: f32 = 0.5;

#[derive(Deserialize)]
struct Truth {
    height: u32,
    looked_at: Vec<u64>,
    boxes: Vec<TrueBox>,
    lines: Vec<TrueLine>,
}

#[derive(Clone, Deserialize)]
struct TrueBox {
    frame: u64,
    class: String,
    #[serde(rename = "box")]
    region: Region,
    hard: bool,
}

#[derive(Deserialize)]
struct TrueLine {
    id: String,
    class: String,
    from: Point,
    to: Point,
    crossings: Vec<Crossing>,
}

#[derive(Deserialize)]
struct Crossing {
    side: String,
}

/// Boxes of one frame of one window, and what a model found there.
struct Looked {
    /// Which frame of the clip, and the window's top row.
    frame: u64,
    top: u32,
    truth: Vec<(Region, bool, u32)>,
    found: Vec<Detection>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Score {
    there: u32,
    hits: u32,
    false_boxes: u32,
    frames: u32,
    /// Found and there, by height.
    by_height: [(u32, u32); HEIGHTS.len() - 1],
}

impl Score {
    fn recall(&self) -> f64 {
        f64::from(self.hits) / f64::from(self.there.max(1))
    }

    fn precision(&self) -> f64 {
        f64::from(self.hits) / f64::from((self.hits + self.false_boxes).max(1))
    }

    fn false_per_frame(&self) -> f64 {
        f64::from(self.false_boxes) / f64::from(self.frames.max(1))
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    media::init()?;
    let file = args.truth.join("vtest.json");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let truth: Truth = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
    let paths = Paths::find(None, None)?;
    let runtime = Runtime::load(&paths.model_runtime())?;
    let folders = paths.model_folders(None);
    let home = tempfile_folder()?;
    let mut tables = String::new();
    let mut promised: Option<Score> = None;
    let windows: Vec<PathBuf> = WINDOWS
        .iter()
        .map(|top| window(&args.clip, *top, &home))
        .collect::<Result<_, _>>()?;
    for id in &args.models {
        eprintln!("{id}: persons …");
        let folder = eyes::model_folder(&folders, id);
        let mut model = Model::load(runtime, &folder, Provider::Cpu)?;
        let mut looked = Vec::new();
        for (top, clip) in WINDOWS.iter().zip(&windows) {
            looked.extend(look(&mut model, clip, &truth, *top, args.least_px)?);
        }
        writeln!(tables, "\n{}", table_head(id))?;
        for threshold in THRESHOLDS {
            let score = score(&looked, threshold);
            writeln!(tables, "{}", table_row(threshold, &score))?;
            if promised.is_none() && (threshold - PROMISED).abs() < 1e-3 {
                promised = Some(score);
            }
        }
        if args.misses {
            writeln!(tables, "\n{}", misses(&looked, PROMISED, truth.height))?;
        }
    }
    let counted = count(args, &truth, runtime, &folders, &home)?;
    writeln!(tables, "\n{}", counted.table)?;
    std::fs::remove_dir_all(&home).ok(); // made for this run alone
    if args.markdown {
        println!("{tables}");
    } else {
        eprintln!("{tables}");
    }
    let persons = promised.context("no model")?;
    let report = Report {
        bench: "accuracy",
        machine: machine(),
        figures: vec![
            Figure::at_least("recall", persons.recall(), "", 0.90, 0.95),
            Figure::plain("precision", persons.precision(), ""),
            Figure::at_most("false_per_frame", persons.false_per_frame(), "", 0.1, 0.05),
            Figure::at_most("count_error", counted.error, "", 1.0, 0.5),
        ],
    };
    Ok(report.tell(args.json))
}

/// A folder of this run's own.
fn tempfile_folder() -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("qyran-accuracy-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The clip through a window, as a small stream of the demo city: 640 × 360, H.264.
fn window(clip: &Path, top: u32, home: &Path) -> anyhow::Result<PathBuf> {
    let filter = format!("crop=768:432:0:{top},scale=640:360");
    encoded(clip, &filter, &home.join(format!("window-{top}.mp4")))
}

fn encoded(clip: &Path, filter: &str, to: &Path) -> anyhow::Result<PathBuf> {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(clip)
        .args([
            "-an", "-vf", filter, "-c:v", "libx264", "-preset", "veryfast",
        ])
        .args(["-crf", "23", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "20"])
        .arg(to)
        .output()
        .context("ffmpeg cannot be run: install the Debian package ffmpeg")?;
    ensure!(
        output.status.success(),
        "ffmpeg: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(to.to_owned())
}

/// Looks at the frames that the truth looked at.
fn look(
    model: &mut Model,
    file: &Path,
    truth: &Truth,
    top: u32,
    least_px: u32,
) -> anyhow::Result<Vec<Looked>> {
    let mut clip = Clip::open(file)?;
    let mut looked = Vec::new();
    let mut frame = 0;
    while let Some(picture) = clip.next_picture()? {
        if truth.looked_at.contains(&frame) {
            let mut found = Vec::new();
            model.look(&picture, Region::WHOLE, THRESHOLDS[0], &mut found)?;
            found.retain(|one| one.class.as_str() == "person");
            let boxes = truth.boxes.iter();
            let boxes = boxes.filter(|one| one.frame == frame && one.class == "person");
            looked.push(Looked {
                frame,
                top,
                truth: boxes
                    .filter_map(|one| through_window(one, truth, top, least_px))
                    .collect(),
                found,
            });
        }
        frame += 1;
    }
    ensure!(
        looked.len() == truth.looked_at.len(),
        "{}: {} of {} frames",
        file.display(),
        looked.len(),
        truth.looked_at.len()
    );
    Ok(looked)
}

/// A box as the window shows it, whether it is hard there, and its height in pixels of the clip;
/// nothing where the window does not show it.
fn through_window(
    one: &TrueBox,
    truth: &Truth,
    top: u32,
    least_px: u32,
) -> Option<(Region, bool, u32)> {
    let whole = truth.height as f32;
    let down = |share: f32| (share * whole - top as f32) / 432.0;
    let region = Region {
        top: down(one.region.top),
        bottom: down(one.region.bottom),
        ..one.region
    };
    let shown = region.within_picture();
    if !shown.is_sound() {
        return None;
    }
    let height = (one.region.height() * whole).round() as u32;
    let is_cut = shown.area() < region.area() * 2.0 / 3.0;
    Some((shown, one.hard || is_cut || height < least_px, height))
}

/// Which of the true boxes of a frame were found, and what was found where nobody is.
fn matched(look: &Looked, threshold: f32) -> (Vec<bool>, Vec<&Detection>) {
    let mut taken = vec![false; look.truth.len()];
    let mut nobody = Vec::new();
    for found in look.found.iter().filter(|found| found.score >= threshold) {
        let best = look
            .truth
            .iter()
            .enumerate()
            .filter(|(index, (_, hard, _))| !hard && !taken[*index])
            .map(|(index, (region, ..))| (index, region.iou(&found.region)))
            .filter(|(_, overlap)| *overlap >= SAME)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((index, _)) = best {
            taken[index] = true;
            continue;
        }
        let on_hard = look.truth.iter().any(|(region, hard, _)| {
            *hard && (region.iou(&found.region) >= 0.3 || found.region.share_in(region) > 0.5)
        });
        if !on_hard {
            nobody.push(found);
        }
    }
    (taken, nobody)
}

fn score(looked: &[Looked], threshold: f32) -> Score {
    let mut score = Score::default();
    for look in looked {
        score.frames += 1;
        let (taken, nobody) = matched(look, threshold);
        score.false_boxes += nobody.len() as u32;
        for ((_, hard, height), taken) in look.truth.iter().zip(taken) {
            if *hard {
                continue;
            }
            score.there += 1;
            score.hits += u32::from(taken);
            let rung = HEIGHTS.iter().skip(1).position(|top| height < top);
            if let Some((hits, there)) = rung.and_then(|rung| score.by_height.get_mut(rung)) {
                *hits += u32::from(taken);
                *there += 1;
            }
        }
    }
    score
}

/// Every person that was missed, and every box where nobody is, a row each: where it is in pixels of
/// the clip, and what of it was found all the same.
fn misses(looked: &[Looked], threshold: f32, clip_height: u32) -> String {
    let mut table = "| frame | window | box, pixels of the clip | high | what was found there |\n\
                     | --- | --- | --- | --- | --- |\n"
        .to_owned();
    let mut row = |look: &Looked, region: &Region, high: u32, what: &str| {
        let across = |share: f32| (share * 768.0).round();
        let down = |share: f32| (share * 432.0 + look.top as f32).round();
        let edges = [
            across(region.left),
            down(region.top),
            across(region.right),
            down(region.bottom),
        ]
        .map(|edge| format!("{edge:.0}"));
        let line = format!(
            "| {} | {} | {} | {high} | {what} |\n",
            look.frame,
            look.top,
            edges.join(" ")
        );
        table.push_str(&line);
    };
    for look in looked {
        let (taken, nobody) = matched(look, threshold);
        for ((region, hard, height), taken) in look.truth.iter().zip(taken) {
            if *hard || taken {
                continue;
            }
            let near = look
                .found
                .iter()
                .map(|found| (found, found.region.iou(region)));
            let best = near.max_by(|a, b| a.1.total_cmp(&b.1));
            let what = match best.filter(|(_, overlap)| *overlap > 0.1) {
                Some((found, overlap)) => {
                    format!("overlap {overlap:.2}, score {:.2}", found.score)
                }
                None => "nothing".to_owned(),
            };
            row(look, region, *height, &what);
        }
        for found in nobody {
            let high = (found.region.height() * 432.0).round() as u32;
            let what = format!("nobody is there, score {:.2}", found.score);
            row(look, &found.region, high.min(clip_height), &what);
        }
    }
    table
}

fn table_head(id: &str) -> String {
    format!(
        "| {id} | recall | precision | false a frame | 40–69 px | 70–89 px | 90–119 px | 120 px + |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
}

fn table_row(threshold: f32, score: &Score) -> String {
    let rungs: Vec<String> = score
        .by_height
        .iter()
        .map(|(hits, there)| format!("{hits}/{there}"))
        .collect();
    format!(
        "| {threshold:.2} | {:.3} | {:.3} | {:.3} | {} |",
        score.recall(),
        score.precision(),
        score.false_per_frame(),
        rungs.join(" | ")
    )
}

struct Counted {
    table: String,
    /// Of the best rate, over what is allowed: 1 is just allowed.
    error: f64,
}

/// Counts crossings of the truth's lines at several rates of looks.
fn count(
    args: &Args,
    truth: &Truth,
    runtime: Runtime,
    folders: &[PathBuf],
    home: &Path,
) -> anyhow::Result<Counted> {
    // The lines need the whole picture.
    let clip = encoded(&args.clip, "scale=640:480", &home.join("whole.mp4"))?;
    let model = args.models.first().context("no model")?;
    let folder = eyes::model_folder(folders, model);
    let mut table = String::from(
        "| line | looks/s | there | counted | error | allowed | wrong way round |\n\
         | --- | --- | --- | --- | --- | --- | --- |",
    );
    let mut worst: f64 = 0.0;
    for rate in RATES {
        eprintln!("lines at {rate:.2} looks a second …");
        let mut model = Model::load(runtime, &folder, Provider::Cpu)?;
        let camera = CameraId::new("truth")?;
        let rules = truth.lines.iter().map(|line| {
            let shape = Line {
                name: line.id.clone(),
                from: line.from,
                to: line.to,
            };
            let what = What::Counting { line: shape };
            let mut rule = Rule::new(RuleId::new(line.id.clone()), camera.clone(), what);
            rule.classes.insert(Class::new(line.class.as_str()));
            rule
        });
        let mut observer = Observer::new(rules.collect(), TimeZone::UTC, Limits::default());
        let mut clip = Clip::open(&clip)?;
        let begins = WallTime::from_micros(1_700_000_000_000_000);
        let done = trial::look_through(&mut clip, &mut model, &mut observer, rate, begins, |_| {
            Ok(())
        })?;
        ensure!(done.length > Duration::from_secs(10), "a short clip");
        let counts: BTreeMap<String, [u32; 2]> = observer
            .watch()
            .counts()
            .map(|(rule, counting)| {
                let minutes = (done.length.as_secs() / 60 + 2) as u32;
                let sum = counting.sum(begins, minutes);
                let of = |direction| sum.as_ref().map_or(0, |sum| sum.towards(direction));
                (
                    rule.to_string(),
                    [of(Direction::LeftToRight), of(Direction::RightToLeft)],
                )
            })
            .collect();
        for line in &truth.lines {
            let there = |side: &str| {
                let crossings = line.crossings.iter();
                crossings.filter(|crossing| crossing.side == side).count() as u32
            };
            let (right, left) = (there("left_to_right"), there("right_to_left"));
            let [counted_right, counted_left] = counts.get(&line.id).copied().unwrap_or_default();
            let (all, counted) = (right + left, counted_right + counted_left);
            let error = i64::from(counted) - i64::from(all);
            let allowed = (f64::from(all) * 0.05).max(1.0);
            if rate >= RATES[0] {
                worst = worst.max(error.unsigned_abs() as f64 / allowed);
            }
            write!(
                table,
                "\n| {} | {rate:.2} | {right} → {left} ← | {counted_right} → {counted_left} ← | \
                 {error:+} | ±{allowed:.1} | {} |",
                line.id,
                (i64::from(counted_right) - i64::from(right))
                    .unsigned_abs()
                    .min((i64::from(counted_left) - i64::from(left)).unsigned_abs()),
            )?;
        }
    }
    Ok(Counted {
        table,
        error: worst,
    })
}
