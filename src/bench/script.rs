//! Every fault once, on a wall of 45 tiles, seen from outside: in the journal that the wall writes
//! and in the pixels of the screen.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::report::{Figure, Report, machine};
use super::seat::{Seat, WatchedWall, pause};
use crate::base::clock::{self, WallTime};
use crate::demo::frame_buffer::FrameBuffer;
use crate::link::http;
use crate::model::layout::{Grid, Rect};
use crate::store::journal::{self, Line};
use crate::ui::theme;

/// Tiles of the wall.
const TILES: usize = 45;
/// The window.
const WINDOW_PX: (f32, f32) = (1920.0, 1080.0);
/// No fault may hide for longer, and none may stay after its end.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a wrong password an account rests for a minute.
const PASSWORD_PATIENCE: Duration = Duration::from_secs(120);
/// What is normal of a camera is learned in this time.
const LEARN: Duration = Duration::from_secs(15);
/// So many pixels in the colour of a warning are a sign; a picture may have a few by chance.
const SIGN_PIXELS: usize = 12;
/// A dim and grey picture has at most this share of the colour that it had.
const STALE_COLOUR: f32 = 0.5;

/// Arguments of `qyran bench script`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Save a screenshot of every fault in this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Interface language: kk, ru or en
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    pub lang: crate::words::Language,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What a fault does to a tile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    /// A warning over a dim picture.
    Stale,
    /// A warning beside the picture.
    Marked,
    /// Nothing for long: the tile lives again by itself.
    Lives,
}

struct Step {
    fault: &'static str,
    /// Its key in the figures.
    key: &'static str,
    /// One of these words must be written for the camera.
    words: &'static [&'static str],
    face: Face,
    must_s: f64,
}

const fn step(
    fault: &'static str,
    key: &'static str,
    words: &'static [&'static str],
    face: Face,
    must_s: f64,
) -> Step {
    Step {
        fault,
        key,
        words,
        face,
        must_s,
    }
}

const STEPS: [Step; 13] = [
    step("lost", "lost_s", &["link-lost"], Face::Stale, 3.0),
    step("stall", "silent_s", &["link-late"], Face::Stale, 3.0),
    step("lag", "lag_s", &["link-late"], Face::Stale, 3.0),
    step("black", "black_s", &["picture-black"], Face::Stale, 3.0),
    step("freeze", "freeze_s", &["picture-frozen"], Face::Stale, 5.0),
    step("blur", "blur_s", &["picture-blurred"], Face::Marked, 5.0),
    step("moved", "moved_s", &["picture-moved"], Face::Marked, 10.0),
    step(
        "not_found",
        "not_found_s",
        &["link-refused"],
        Face::Stale,
        5.0,
    ),
    step("codec", "codec_s", &[], Face::Lives, 15.0),
    step("size", "size_s", &[], Face::Lives, 15.0),
    step("slow_start", "slow_start_s", &[], Face::Lives, 30.0),
    step("redirect", "redirect_s", &[], Face::Lives, 30.0),
    step(
        "wrong_password",
        "wrong_password_s",
        &["link-refused"],
        Face::Stale,
        5.0,
    ),
];

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let seat = Seat::open(args.footage.as_deref(), None, false)?;
    if let Some(out) = &args.out {
        std::fs::create_dir_all(out)?;
    }
    let mut command = seat.wall()?;
    command
        .arg("--full-screen")
        .args(["--tiles", &TILES.to_string(), "--lang", args.lang.tag()])
        .arg("--cameras")
        .arg(&seat.city.camera_file);
    let begun = clock::wall_now();
    let mut wall = WatchedWall::start(command)?;
    wall.wait_live(PATIENCE)?;
    pause(LEARN);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut script = Script {
        seat: &seat,
        wall,
        runtime,
        begun,
        others_warned: 0,
    };
    let mut figures = Vec::new();
    for (index, step) in STEPS.iter().enumerate() {
        let tile = (index * 3 + 4) % TILES;
        let took = script
            .play(step, tile, args.out.as_deref())
            .with_context(|| format!("fault {} on tile {}", step.fault, tile + 1))?;
        eprintln!("{}: {took:.2} s until it was on the screen", step.fault);
        let must = step.must_s;
        figures.push(Figure::at_most(step.key, took, "s", must, must));
    }
    let others = f64::from(script.others_warned);
    figures.push(Figure::at_most("others_warned", others, "", 0.0, 0.0));
    let report = Report {
        bench: "script",
        machine: machine(),
        figures,
    };
    Ok(report.tell(args.json))
}

struct Script<'a> {
    seat: &'a Seat,
    wall: WatchedWall,
    runtime: tokio::runtime::Runtime,
    begun: WallTime,
    /// Warnings on tiles that had no fault.
    others_warned: u32,
}

/// What a tile looks like.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Pixels in the colour of a warning.
    warning: usize,
    /// Mean of the largest minus the smallest component, where only the picture is: how colourful
    /// and bright it is.
    colour: f32,
}

impl Script<'_> {
    /// Sets a fault, waits until it is written and seen, ends it, and waits until it is gone; the
    /// seconds until it was both written and seen.
    fn play(&mut self, step: &Step, tile: usize, out: Option<&Path>) -> anyhow::Result<f64> {
        let camera = format!("cam-{:03}", tile + 1);
        let before = self.look(tile)?;
        let written_before = self.words(&camera).len();
        let begun = self.set(&camera, step.fault)?;
        let took = if step.face == Face::Lives {
            // It goes through what it must; in the end it lives, with no sign.
            pause(Duration::from_secs(2));
            self.until_healed(&camera, tile, begun, PATIENCE)?;
            clock::now().saturating_duration_since(begun)
        } else {
            self.until(begun + PATIENCE, |script| {
                let look = script.look(tile)?;
                let words = script.words(&camera);
                let is_written = words[written_before.min(words.len())..]
                    .iter()
                    .any(|word| step.words.contains(&word.as_str()));
                let is_seen = look.warning >= SIGN_PIXELS
                    && (step.face == Face::Marked
                        || look.colour <= STALE_COLOUR * before.colour + 2.0);
                Ok(is_written && is_seen)
            })
            .with_context(|| {
                let words = self.words(&camera);
                format!(
                    "written {:?}, seen {:?}, before {before:?}",
                    words,
                    self.look(tile)
                )
            })?;
            let took = clock::now().saturating_duration_since(begun);
            for other in (0..TILES).filter(|other| *other != tile) {
                let look = self.look(other)?;
                if look.warning >= SIGN_PIXELS {
                    self.others_warned += 1;
                    eprintln!("tile {} warns, too: {look:?}", other + 1);
                }
            }
            took
        };
        if let Some(out) = out {
            pause(Duration::from_millis(1200));
            let (frame, dump) = self.screen()?;
            frame.write_png(&dump, &out.join(format!("{}.png", step.fault)))?;
        }
        let healed = self.set(&camera, "none")?;
        let patience = if step.fault == "wrong_password" {
            PASSWORD_PATIENCE
        } else {
            PATIENCE
        };
        self.until_healed(&camera, tile, healed, patience)
            .context("after its end")?;
        Ok(took.as_secs_f64())
    }

    fn until_healed(
        &mut self,
        camera: &str,
        tile: usize,
        since: Instant,
        patience: Duration,
    ) -> anyhow::Result<()> {
        self.until(since + patience, |script| {
            let words = script.words(camera);
            let last = |field: &str| words.iter().rev().find(|word| word.starts_with(field));
            let is_live = last("link-").is_some_and(|word| word == "link-live")
                && last("picture-").is_none_or(|word| word == "picture-good");
            Ok(is_live && script.look(tile)?.warning < SIGN_PIXELS)
        })
    }

    fn until(
        &mut self,
        deadline: Instant,
        is_so: impl Fn(&Self) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        loop {
            self.wall.must_run()?;
            if is_so(self)? {
                return Ok(());
            }
            if clock::now() >= deadline {
                bail!("waited in vain");
            }
            pause(Duration::from_millis(50));
        }
    }

    fn set(&self, camera: &str, fault: &str) -> anyhow::Result<Instant> {
        let wish = serde_json::json!({ "camera": camera, "fault": fault });
        let url = format!("http://{}/fault", self.seat.city.control);
        let _done: serde_json::Value = self.runtime.block_on(http::post_json(&url, &wish))?;
        Ok(clock::now())
    }

    /// What the wall has written of a camera's link and picture since it was started.
    fn words(&self, camera: &str) -> Vec<String> {
        let (entries, _) = journal::read_since(&self.seat.home.join("journal"), self.begun);
        entries
            .iter()
            .filter_map(|entry| match entry.line() {
                Line::Field {
                    camera: of,
                    stream,
                    field,
                    value,
                    ..
                } if of == camera && stream == "sub" && (field == "link" || field == "picture") => {
                    Some(value.clone())
                }
                _ => None,
            })
            .collect()
    }

    fn screen(&self) -> anyhow::Result<(FrameBuffer, Vec<u8>)> {
        let display = self
            .seat
            .display
            .as_ref()
            .context("no display of its own")?;
        let dump = std::fs::read(&display.frame_buffer)?;
        Ok((FrameBuffer::read(&dump)?, dump))
    }

    fn look(&self, tile: usize) -> anyhow::Result<Look> {
        let (frame, dump) = self.screen()?;
        let wall = Rect {
            x: 0.0,
            y: 0.0,
            w: WINDOW_PX.0,
            h: WINDOW_PX.1 - theme::STATUS_HEIGHT,
        };
        let cell = Grid::arrange(TILES, wall, 16.0 / 9.0, theme::GAP).cell(tile);
        let [r, g, b, _] = theme::WARN.to_array();
        let (mut warning, mut colour, mut count) = (0, 0_u64, 0_u64);
        for y in cell.y as usize + 1..(cell.y + cell.h) as usize {
            let row = frame.pixels_at + y * frame.bytes_per_line;
            let from = row + 4 * (cell.x as usize + 1);
            let to = row + 4 * (cell.x + cell.w) as usize;
            // Left of the state, above the name and below what is marked, only the picture is seen.
            let is_picture_row = (0.25..0.75).contains(&((y as f32 - cell.y) / cell.h));
            let picture_to = (cell.w * 0.15) as usize;
            for (x, pixel) in dump[from..to].chunks_exact(4).enumerate() {
                let [blue, green, red] = [pixel[0], pixel[1], pixel[2]];
                warning += usize::from((red, green, blue) == (r, g, b));
                let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
                if is_picture_row && x < picture_to {
                    colour += u64::from(most - least);
                    count += 1;
                }
            }
        }
        Ok(Look {
            warning,
            colour: colour as f32 / count.max(1) as f32,
        })
    }
}
