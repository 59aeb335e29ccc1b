//! A display where there is none: Xvfb, and pictures of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::children::Guard;
use crate::base::{clock, threads};

/// A virtual display.
pub struct Xvfb {
    _server: Guard,
    /// The value of DISPLAY.
    pub display: String,
}

impl Xvfb {
    /// Starts a display of this size; its frame buffer is a file in `frame_buffer`, if given.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not start.
    pub fn start(width: u32, height: u32, frame_buffer: Option<&Path>) -> anyhow::Result<Self> {
        let mut server = Command::new("Xvfb");
        if let Some(folder) = frame_buffer {
            server.arg("-fbdir").arg(folder);
        }
        let mut child = server
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb does not start; install the package xvfb")?;
        let stdout = child.stdout.take();
        let server = Guard(child);
        let Some(stdout) = stdout else {
            bail!("Xvfb has no output")
        };
        let (told, heard) = crossbeam_channel::bounded(1);
        threads::spawn("xvfb-output", move || {
            let mut line = String::new();
            if BufReader::new(stdout).read_line(&mut line).is_ok() {
                told.send(line).ok(); // whoever asked may have given up
            }
        })?;
        let line = heard
            .recv_deadline(clock::now() + Duration::from_secs(20))
            .context("Xvfb did not say which display it took")?;
        let number: u32 = line
            .trim()
            .parse()
            .context("Xvfb did not say which display it took")?;
        let display = format!(":{number}");
        Ok(Self {
            _server: server,
            display,
        })
    }

    /// Writes a picture of the whole screen (PNG, by its ending).
    ///
    /// # Errors
    /// When ImageMagick's `import` is missing or fails.
    pub fn screenshot(&self, file: &Path) -> anyhow::Result<()> {
        let status = Command::new("import")
            .env("DISPLAY", &self.display)
            .args(["-window", "root"])
            .arg(file)
            .status()
            .context("cannot take a screenshot; install the package imagemagick")?;
        if !status.success() {
            bail!("the screenshot {} failed", file.display());
        }
        Ok(())
    }
}
