//! Something that plays: a sound server of the bench's own, with a sink that nobody hears.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::base::clock;
use crate::bench::seat::pause;
use crate::demo::children::Guard;

/// A server that is not there by then is not coming.
const THERE_WITHIN: Duration = Duration::from_secs(20);

/// The sound server, where there is one to be had.
pub(super) struct Loudspeaker {
    server: Option<Guard>,
    folder: PathBuf,
}

impl Loudspeaker {
    /// Starts it; its files go to `folder`. Without the program `pulseaudio` walls find no device.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let socket = folder.join("sound");
        let address = format!("unix:{}", socket.display());
        let config = format!(
            "pcm.!default {{ type pulse server \"{address}\" }}\n\
             ctl.!default {{ type pulse server \"{address}\" }}\n"
        );
        std::fs::write(folder.join(".asoundrc"), config)?;
        let door = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let sink = "module-null-sink sink_name=heard rate=48000 channels=2";
        let started = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--exit-idle-time=-1"])
            .args(["--use-pid-file=no", "--disable-shm=yes"])
            .args(["-L", sink, "-L", &door])
            .envs(Self::folders(folder))
            .env_remove("PULSE_SERVER")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let server = match started {
            Ok(child) => Some(Guard(child)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error).context("pulseaudio does not start"),
        };
        let mut speaker = Self {
            server,
            folder: folder.to_owned(),
        };
        speaker.wait_for(&socket)?;
        Ok(speaker)
    }

    fn wait_for(&mut self, socket: &Path) -> anyhow::Result<()> {
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        let deadline = clock::now() + THERE_WITHIN;
        while !socket.exists() {
            if let Some(status) = server.0.try_wait()? {
                bail!("pulseaudio ended with {status}");
            }
            if clock::now() >= deadline {
                bail!("pulseaudio opens no socket");
            }
            pause(Duration::from_millis(20));
        }
        Ok(())
    }

    fn folders(folder: &Path) -> [(&'static str, &Path); 3] {
        [
            ("HOME", folder),
            ("XDG_RUNTIME_DIR", folder),
            ("XDG_CONFIG_HOME", folder),
        ]
    }

    /// Whether anything can be heard.
    pub(super) fn plays(&self) -> bool {
        self.server.is_some()
    }

    /// `command` plays here, and not on the devices of this machine.
    pub(super) fn play(&self, command: &mut Command) {
        // The system's library of sound looks for its settings in the home folder. What others keep
        // in their caches stays where it is.
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = std::env::var_os("HOME").map(PathBuf::from);
        if let Some(cache) = cache.or_else(|| Some(home?.join(".cache"))) {
            command.env("XDG_CACHE_HOME", cache);
        }
        command.env("HOME", &self.folder).env_remove("PULSE_SERVER");
    }
}
