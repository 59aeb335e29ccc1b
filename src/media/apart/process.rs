//! A process as the wall holds it, and what it forbids itself at its start.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tracing::{debug, info, warn};

use super::wire::{self, Message};
use super::{Workers, relay};
use crate::base::confinement::{self, Kept, Limits, Reach};

/// What a process is told of this one's surroundings …
const TOLD: [&str; 7] = [
    "HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "QYRAN_LOG",
];
/// … with whatever begins like this: where GStreamer and hardware decoders have what they need.
const TOLD_BEGINNINGS: [&str; 3] = ["GST_", "LIBVA_", "CUDA_"];
/// Those of them that say where something lies.
const PLACES: [&str; 10] = [
    "LD_LIBRARY_PATH",
    "LIBVA_DRIVERS_PATH",
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
    "GST_PLUGIN_SCANNER",
    "GST_PLUGIN_SCANNER_1_0",
    "GST_REGISTRY",
    "GST_REGISTRY_1_0",
];
/// What an ended process said last is waited for so long.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);
/// Read at once, bytes.
const BLOCK: usize = 64 << 10;

/// The surroundings of a process of `media`; no secret is among them.
pub(in crate::media) fn surroundings() -> impl Iterator<Item = (OsString, OsString)> {
    let own = confinement::surroundings(&TOLD, &TOLD_BEGINNINGS);
    // This program has looked for elements; they need not be looked for again.
    own.chain([("GST_REGISTRY_UPDATE".into(), "no".into())])
}

/// What a process of `media` reads beside the system's files: what GStreamer keeps, and `more`.
pub(in crate::media) fn reach(more: impl IntoIterator<Item = PathBuf>) -> Reach {
    let place = |name: &str, below: &str| {
        let home = || Some(PathBuf::from(env::var_os("HOME")?).join(below));
        let folder = env::var_os(name).map(PathBuf::from).or_else(home)?;
        Some(folder.join("gstreamer-1.0"))
    };
    let mut read: Vec<PathBuf> = more.into_iter().collect();
    read.extend(place("XDG_CACHE_HOME", ".cache"));
    read.extend(place("XDG_DATA_HOME", ".local/share"));
    // Names for the places of a panic.
    read.extend(env::current_exe().ok());
    for name in PLACES {
        let told = env::var_os(name).unwrap_or_default();
        read.extend(env::split_paths(&told).filter(|path| !path.as_os_str().is_empty()));
    }
    Reach {
        read,
        ..Reach::default()
    }
}

/// What a process of `media` does before it reads its first byte.
pub(in crate::media) fn confine(name: &str, limits: &Limits, reach: &Reach) -> io::Result<()> {
    confinement::end_with_parent()?;
    confinement::set_name(name);
    confinement::take_limits(limits)?;
    match confinement::keep_within(reach) {
        Ok(Kept::Not) => info!("this kernel keeps the process from no file and no network"),
        Ok(kept) => debug!(?kept, "kept from files and network"),
        Err(error) => warn!(%error, "the process is kept from no file and no network"),
    }
    Ok(())
}

/// Does wrong, as a test has written into a file: `crash`, `spin`, `hang`, `leak` or `write` (a file), and
/// at whose units.
pub(in crate::media) fn misdo(file: &Path, whose: &str) {
    let told = fs::read_to_string(file).unwrap_or_default();
    for line in told.lines() {
        match line.split_once(' ') {
            Some(("crash", of)) if of == whose => std::process::abort(),
            Some(("write", of)) if of == whose => {
                fs::write(file.with_extension("written"), told.as_bytes()).ok(); // it must not
                std::process::abort();
            }
            Some(("leak", of)) if of == whose => std::mem::forget(vec![1_u8; 16 << 20]),
            Some((how @ ("spin" | "hang"), of)) if of == whose => {
                let begun = crate::base::clock::now();
                while begun.elapsed() < Duration::from_secs(3600) {
                    if how == "hang" {
                        thread::park_timeout(Duration::from_secs(60));
                    }
                    std::hint::spin_loop();
                }
            }
            _ => {}
        }
    }
}

/// A process that works on one file; dropping this ends it.
pub(in crate::media) struct Process {
    stream: UnixStream,
    child: Child,
    /// What came and is no whole message yet.
    come: BytesMut,
    says: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts one for a task. Must be called within a tokio runtime, on a thread that outlives it.
    pub(in crate::media) fn start(
        workers: &Workers,
        task: &[OsString],
        output: Stdio,
    ) -> io::Result<Self> {
        let (here, there) = StdStream::pair()?;
        here.set_nonblocking(true)?;
        let mut command = Command::new(&workers.program);
        let mut child = command
            .args(&workers.arguments)
            .args(task)
            .env_clear()
            .envs(surroundings())
            .stdin(OwnedFd::from(there))
            .stdout(output)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        // Its own descriptors of the other end go with it.
        drop(command);
        let who = format!("media-{}", child.id().unwrap_or_default());
        let says = child.stderr.take();
        let says = says.map(|said| tokio::spawn(relay(said, who)));
        Ok(Self {
            stream: UnixStream::from_std(here)?,
            child,
            come: BytesMut::new(),
            says,
        })
    }

    /// Sends a message.
    pub(in crate::media) async fn send(
        &mut self,
        message: &Message,
        body: &[u8],
    ) -> io::Result<()> {
        let head = wire::head(message, body.len())?;
        self.stream.write_all(&head).await?;
        self.stream.write_all(body).await
    }

    /// The next message; nothing once the process has hung up. Dropping the future loses nothing.
    pub(in crate::media) async fn next(&mut self) -> io::Result<Option<(Message, Bytes)>> {
        loop {
            if let Some(message) = wire::take(&mut self.come)? {
                return Ok(Some(message));
            }
            self.come.reserve(BLOCK);
            if self.stream.read_buf(&mut self.come).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Ends it, and waits until it is gone and what it said is logged; how it had ended, if it had.
    pub(in crate::media) async fn end(mut self) -> Option<ExitStatus> {
        self.child.start_kill().ok(); // it may have ended by itself
        let status = self.child.wait().await.ok();
        if let Some(says) = self.says.take() {
            // What is not said by then is not waited for.
            tokio::time::timeout(LAST_WORDS_WITHIN, says).await.ok();
        }
        status
    }
}
