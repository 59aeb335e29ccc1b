//! How soon the wall is back: after a crash, after standing still, after the loss of the graphics
//! device. Looked at from outside, on the screen.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::report::{Figure, Report, machine};
use super::seat::{Seat, figures_in, pause};
use crate::app::measure::Measured;
use crate::base::{clock, family};
use crate::demo::children::Guard;
use crate::demo::frame_buffer::FrameBuffer;

/// The longest group of pictures of the demo city's small streams, seconds.
const LONGEST_GOP_S: f64 = 4.0;
/// The wall must be on the screen again within this, seconds.
const BACK_S: f64 = 5.0;
/// How long a main loop may stand still before the watchdog ends it, seconds.
const STANDS_STILL_S: f64 = 10.0;
/// When the first wall gives its graphics device up.
const DEVICE_LOST_AFTER_S: f64 = 20.0;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Arguments of `qyran bench restart`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Number of crashes; the slowest counts
    #[arg(long, default_value_t = 2)]
    pub crashes: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Save the wall's figures in this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let seat = Seat::open(args.footage.as_deref(), args.out.as_deref(), false)?;
    let display = seat.display.as_ref().context("a display to look at")?;
    let figures = seat.home.join("figures.json");
    std::fs::remove_file(&figures).ok(); // of an earlier run
    let mut command = seat.wall()?;
    command
        .arg("--cameras")
        .arg(&seat.city.camera_file)
        .arg("--tiles")
        .arg(args.feeds.to_string())
        .arg("--measure")
        .arg(&figures)
        .args(["--measure-seconds", "1", "--lose-device-after"])
        .arg(DEVICE_LOST_AFTER_S.to_string());
    let watchdog = Watchdog(Guard(command.spawn().context("the wall does not start")?));
    let mut screen = Screen::open(&display.frame_buffer)?;
    let begun = clock::now();
    screen.wait(true)?;
    let first_s = (clock::now() - begun).as_secs_f64();
    let first_all_live = wait_figures(&figures)?.all_live_s;
    eprintln!("the first wall painted after {first_s:.2} s");
    let gone = screen.wait(false)?;
    let device_s = (screen.wait(true)? - gone).as_secs_f64();
    eprintln!("graphics device lost: {device_s:.2} s");
    wait_figures(&figures)?;
    let (mut crash_s, mut all_live_s) = (0.0_f64, 0.0_f64);
    for _ in 0..args.crashes {
        let killed = clock::now();
        send("KILL", watchdog.wall()?)?;
        screen.wait(false)?;
        let back = (screen.wait(true)? - killed).as_secs_f64();
        let all = wait_figures(&figures)?.all_live_s.unwrap_or(f64::INFINITY);
        eprintln!("killed: {back:.2} s, all live {:.2} s", back + all);
        crash_s = crash_s.max(back);
        all_live_s = all_live_s.max(back + all);
    }
    let stopped = clock::now();
    send("STOP", watchdog.wall()?)?;
    screen.wait(false)?;
    let still_s = (screen.wait(true)? - stopped).as_secs_f64();
    eprintln!("stood still: {still_s:.2} s");
    let bound = |key, value, must| Figure::at_most(key, value, "s", must, must);
    let report = Report {
        bench: "restart",
        machine: machine(),
        figures: vec![
            Figure::plain("first_paint_s", first_s, "s"),
            Figure::plain("first_live_s", first_all_live.unwrap_or(f64::INFINITY), "s"),
            bound("restart_s", crash_s, BACK_S),
            bound("restart_live_s", all_live_s, BACK_S + LONGEST_GOP_S + 1.0),
            bound("device_lost_s", device_s, BACK_S),
            bound("stood_still_s", still_s, STANDS_STILL_S + BACK_S),
            Figure::plain("longest_gop_s", LONGEST_GOP_S, "s"),
        ],
    };
    Ok(report.tell(args.json))
}

/// The figures of the wall that runs now; they are taken away, so that the next wall's are told
/// apart.
fn wait_figures(file: &Path) -> anyhow::Result<Measured> {
    let deadline = clock::now() + PATIENCE;
    while clock::now() < deadline {
        if let Some(measured) = figures_in(file)? {
            std::fs::remove_file(file)?;
            return Ok(measured);
        }
        pause(Duration::from_millis(100));
    }
    bail!("the wall gave no figures")
}

/// `qyran wall` and, below it, the wall.
struct Watchdog(Guard);

impl Watchdog {
    fn wall(&self) -> anyhow::Result<u32> {
        let children = family::children(self.0.0.id());
        children
            .first()
            .copied()
            .context("the watchdog has no wall")
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // A watchdog that is killed leaves its wall behind: it is asked first.
        let pid = self.0.0.id();
        if send("TERM", pid).is_ok() {
            let deadline = clock::now() + Duration::from_secs(15);
            while matches!(self.0.0.try_wait(), Ok(None)) && clock::now() < deadline {
                pause(Duration::from_millis(50));
            }
        }
    }
}

fn send(signal: &str, pid: u32) -> anyhow::Result<()> {
    let command = format!("kill -{signal} {pid}");
    let status = Command::new("sh").arg("-c").arg(&command).status()?;
    if !status.success() {
        bail!("{command}: {status}");
    }
    Ok(())
}

/// The screen of Xvfb: black where no window is.
struct Screen {
    file: File,
    shape: FrameBuffer,
}

impl Screen {
    fn open(frame_buffer: &Path) -> anyhow::Result<Self> {
        let dump = std::fs::read(frame_buffer)
            .with_context(|| format!("no frame buffer {}", frame_buffer.display()))?;
        Ok(Self {
            file: File::open(frame_buffer)?,
            shape: FrameBuffer::read(&dump)?,
        })
    }

    /// Whether anything stands in some rows spread over the screen.
    fn is_painted(&mut self) -> anyhow::Result<bool> {
        let mut line = vec![0; 4 * self.shape.width];
        for row in (8..self.shape.height).step_by(64) {
            let at = self.shape.pixels_at + row * self.shape.bytes_per_line;
            self.file.seek(SeekFrom::Start(at as u64))?;
            self.file.read_exact(&mut line)?;
            if line
                .as_chunks::<4>()
                .0
                .iter()
                .any(|pixel| pixel[..3] != [0; 3])
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until there is a window's picture, or none; when that was seen.
    fn wait(&mut self, painted: bool) -> anyhow::Result<Instant> {
        let deadline = clock::now() + PATIENCE;
        while self.is_painted()? != painted {
            if clock::now() >= deadline {
                let what = if painted {
                    "stayed black"
                } else {
                    "kept its picture"
                };
                bail!("the screen {what}");
            }
            pause(Duration::from_millis(5));
        }
        Ok(clock::now())
    }
}
