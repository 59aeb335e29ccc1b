//! A disk that is full: what happens is seen and heard as with room on it, and recorded once when
//! there is room again.
//!
//! The wall's folder is a small file system in memory, which only an administrator can make.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::future::join;

use super::flood::{self, SETTLES, Stored};
use super::loudspeaker::Loudspeaker;
use super::wall::Wall;
use crate::app::measure::AlarmsMeasured;
use crate::bench::seat::{Seat, pause};

/// The size of the disk, megabytes: the store, its log and the wall's settings have room on it.
const DISK_MB: u32 = 48;
/// Events that are told; nobody can answer them, so each sounds on.
const EVENTS: usize = 8;
/// An event comes so long after the one before.
const APART: Duration = Duration::from_secs(4);

/// What was found.
pub(super) struct FullDisk {
    /// Events that were told.
    pub(super) told: usize,
    /// Of these, how many the store does not have in the end, or has twice.
    pub(super) lost: usize,
    /// What the wall measured.
    pub(super) alarms: AlarmsMeasured,
}

/// Tells events to a wall of its own on a disk that is full, and makes room after that.
pub(super) fn run(
    seat: &Seat,
    speaker: &Loudspeaker,
    folder: &Path,
    tiles: usize,
) -> anyhow::Result<FullDisk> {
    let disk = Disk::mount(folder)?;
    let wall = Wall::open(seat, speaker, folder, tiles)?;
    // What it writes at its beginning is written.
    pause(SETTLES);
    let filler = disk.fill()?;
    let offers = flood::apart(&wall.cameras, EVENTS, APART)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let room = async {
        tokio::time::sleep(APART * (EVENTS as u32 + 1)).await;
        fs::remove_file(&filler)
    };
    let (answers, room) = runtime.block_on(join(flood::told(&wall, offers), room));
    room.context("room on the disk")?;
    pause(SETTLES);
    let alarms = wall.leave()?.alarms;
    let stored = Stored::read(folder)?;
    Ok(FullDisk {
        told: answers.len(),
        lost: flood::lost(&answers, &stored) + stored.more_than(answers.len()),
        alarms,
    })
}

/// A small disk, which goes when this is dropped.
struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn mount(folder: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let size = format!("size={DISK_MB}m");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "none"]);
        let status = command.arg(folder).status().context("mount")?;
        ensure!(status.success(), "a small disk can be made by root only");
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Leaves no room; returns the file that takes it.
    fn fill(&self) -> anyhow::Result<PathBuf> {
        let path = self.folder.join("filler");
        let mut file = File::create(&path)?;
        // As far as it goes.
        while file.write_all(&[1; 1 << 12]).is_ok() {}
        Ok(path)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let mut command = Command::new("umount");
        command.arg("-l").arg(&self.folder).status().ok(); // in the folder for temporary files
    }
}
