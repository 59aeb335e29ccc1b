//! A display where there is none: Xvfb, and pictures of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::children::Guard;
use super::frame_buffer::FrameBuffer;
use crate::base::{clock, threads};

/// A virtual display.
pub struct Xvfb {
    _server: Guard,
    /// The value of DISPLAY.
    pub display: String,
    /// What is on the screen, see [`FrameBuffer`].
    pub frame_buffer: PathBuf,
}

impl Xvfb {
    /// Starts a display of this size; its frame buffer is a file in `folder`.
    ///
    /// # Errors
    /// When Xvfb is not installed or does not start.
    pub fn start(width: u32, height: u32, folder: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new("Xvfb")
            .arg("-fbdir")
            .arg(folder)
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
            frame_buffer: folder.join("Xvfb_screen0"),
        })
    }

    /// Writes a picture of the whole screen, as PNG.
    ///
    /// # Errors
    /// When the frame buffer cannot be read or the file cannot be written.
    pub fn screenshot(&self, file: &Path) -> anyhow::Result<()> {
        let dump = std::fs::read(&self.frame_buffer)
            .with_context(|| format!("no frame buffer {}", self.frame_buffer.display()))?;
        FrameBuffer::read(&dump)?.write_png(&dump, file)
    }
}
