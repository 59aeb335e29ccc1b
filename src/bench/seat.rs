//! A seat to measure: the demo city, a display, and walls on it that tell of themselves.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use parking_lot::Mutex;

use crate::app::measure::Measured;
use crate::app::watchdog::{Beat, QUIT};
use crate::base::{clock, threads};
use crate::city::footage;
use crate::demo::children::{CityProcess, Guard, own_program};
use crate::demo::xvfb::Xvfb;

/// The city and a display. What is written lies in a folder that goes with this.
pub(super) struct Seat {
    /// The city.
    pub(super) city: CityProcess,
    /// A display of its own; without one walls open on the seat's display.
    pub(super) display: Option<Xvfb>,
    /// Settings, state and figures of the walls.
    pub(super) home: PathBuf,
    keep: bool,
}

impl Seat {
    /// Starts the city on the clips in `clips` (else those of this user), and Xvfb unless the walls
    /// are to open on `real` glass. Files go to `out`, where they stay, or to a folder of their own.
    pub(super) fn open(
        clips: Option<&Path>,
        out: Option<&Path>,
        real: bool,
    ) -> anyhow::Result<Self> {
        let clips = match clips {
            Some(folder) => folder.to_owned(),
            None => footage::default_dir()?,
        };
        let own = format!("qyran-bench-{}", std::process::id());
        let home = out.map_or_else(|| std::env::temp_dir().join(own), Path::to_owned);
        std::fs::create_dir_all(&home)
            .with_context(|| format!("cannot make {}", home.display()))?;
        let city = CityProcess::start(&clips, &home, 0, 0, Duration::from_secs(30))?;
        let display = if real {
            None
        } else {
            Some(Xvfb::start(1920, 1080, &home)?)
        };
        Ok(Self {
            city,
            display,
            home,
            keep: out.is_some(),
        })
    }

    /// `qyran wall` on this display, at which nobody signs in, with its files in `home`; arguments
    /// are to be added.
    pub(super) fn wall(&self) -> anyhow::Result<Command> {
        let mut command = self.wall_in(&self.home)?;
        command.arg("--open-seat");
        Ok(command)
    }

    /// `qyran wall` on this display, with its files in `folder`; arguments are to be added.
    pub(super) fn wall_in(&self, folder: &Path) -> anyhow::Result<Command> {
        let mut command = Command::new(own_program()?);
        command
            .args(["wall", "--window", "1920x1080", "--config"])
            .arg(folder)
            .arg("--data")
            .arg(folder)
            .env("QYRAN_LOG", "error")
            .stdin(Stdio::null());
        if let Some(display) = &self.display {
            command
                .env("DISPLAY", &display.display)
                .env("XDG_RUNTIME_DIR", &self.home)
                .env_remove("WAYLAND_DISPLAY");
        }
        Ok(command)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if !self.keep {
            std::fs::remove_dir_all(&self.home).ok(); // in the folder for temporary files
        }
    }
}

/// A wall whose watchdog is the bench.
pub(super) struct WatchedWall {
    guard: Guard,
    wishes: Option<ChildStdin>,
    last: Arc<Mutex<Option<Beat>>>,
}

impl WatchedWall {
    /// Starts `command` as a watched wall.
    pub(super) fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .arg("--watched")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the wall does not start")?;
        let wishes = child.stdin.take();
        let output = child.stdout.take();
        let guard = Guard(child);
        let last = Arc::new(Mutex::new(None));
        let heard = Arc::clone(&last);
        threads::spawn("beats", move || {
            let lines = output.map(|pipe| BufReader::new(pipe).lines());
            for line in lines.into_iter().flatten().map_while(Result::ok) {
                if let Some(beat) = Beat::of_line(&line) {
                    *heard.lock() = Some(beat);
                }
            }
        })?;
        Ok(Self {
            guard,
            wishes,
            last,
        })
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.guard.0.id()
    }

    /// What it said last.
    pub(super) fn beat(&self) -> Option<Beat> {
        *self.last.lock()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When it does not; the text says how it ended.
    pub(super) fn must_run(&mut self) -> anyhow::Result<()> {
        match self.guard.0.try_wait()? {
            Some(status) => bail!("the wall ended with {status}"),
            None => Ok(()),
        }
    }

    /// Asks it to leave and waits until it has: everything that it was to keep is kept then.
    pub(super) fn leave(mut self, patience: Duration) -> anyhow::Result<()> {
        if let Some(wishes) = &mut self.wishes {
            writeln!(wishes, "{QUIT}").context("the wall does not listen")?;
        }
        let deadline = clock::now() + patience;
        while clock::now() < deadline {
            if let Some(status) = self.guard.0.try_wait()? {
                anyhow::ensure!(status.success(), "the wall ended with {status}");
                return Ok(());
            }
            pause(Duration::from_millis(50));
        }
        bail!("the wall does not leave")
    }

    /// Waits until every feed of the page is live.
    pub(super) fn wait_live(&mut self, patience: Duration) -> anyhow::Result<()> {
        let deadline = clock::now() + patience;
        while clock::now() < deadline {
            self.must_run()?;
            if self.beat().is_some_and(|b| b.of > 0 && b.live == b.of) {
                return Ok(());
            }
            pause(Duration::from_millis(100));
        }
        let seen = self.beat().unwrap_or_default();
        bail!("{} of {} feeds are live", seen.live, seen.of)
    }

    /// Waits for the figures that the wall writes to `file`.
    pub(super) fn wait_figures(&mut self, file: &Path, until: Instant) -> anyhow::Result<Measured> {
        loop {
            if let Some(measured) = figures_in(file)? {
                return Ok(measured);
            }
            self.must_run()?;
            if clock::now() >= until {
                bail!("the wall gave no figures");
            }
            pause(Duration::from_millis(100));
        }
    }
}

/// The figures in a file, once a wall has written it.
pub(super) fn figures_in(file: &Path) -> anyhow::Result<Option<Measured>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(
            serde_json::from_str(&text).context("the wall's figures cannot be read")?,
        )),
        Err(_not_yet) => Ok(None),
    }
}

/// Lets time pass.
pub(super) fn pause(time: Duration) {
    let (_never, pause) = crossbeam_channel::bounded::<()>(1);
    pause.recv_timeout(time).ok(); // nobody sends
}
