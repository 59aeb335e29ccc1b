//! A sound server of the bench's own, whose device nobody hears.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::base::clock;
use crate::bench::seat::pause;
use crate::demo::children::Guard;

/// A server that has not come up by then is none.
const COMES_UP_WITHIN: Duration = Duration::from_secs(10);

/// A running PulseAudio with one null sink; programs with `home` as their home play there.
pub(super) struct Server {
    _process: Guard,
}

impl Server {
    /// Starts it; nothing where this machine has none.
    pub(super) fn start(home: &Path) -> anyhow::Result<Option<Self>> {
        let socket = home.join("native");
        let address = format!("unix:{}", socket.display());
        let config = format!(
            "pcm.!default {{ type pulse server \"{address}\" }}\n\
             ctl.!default {{ type pulse server \"{address}\" }}\n"
        );
        std::fs::write(home.join(".asoundrc"), config)?;
        let sink = "module-null-sink sink_name=heard rate=48000 channels=2";
        let door = format!(
            "module-native-protocol-unix auth-anonymous=1 socket={}",
            socket.display()
        );
        let started = command("pulseaudio", home)
            .args([
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
            ])
            .args([
                "--disable-shm=yes",
                "--log-target=stderr",
                "-L",
                sink,
                "-L",
                &door,
            ])
            .stderr(Stdio::null())
            .spawn();
        let Ok(process) = started else {
            return Ok(None);
        };
        let server = Self {
            _process: Guard(process),
        };
        let until = clock::now() + COMES_UP_WITHIN;
        while clock::now() < until {
            let asked = command("pactl", home)
                .args(["-s", &address, "info"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            if asked.is_ok_and(|status| status.success()) {
                return Ok(Some(server));
            }
            pause(Duration::from_millis(50));
        }
        Ok(None)
    }
}

fn command(program: &str, home: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_CONFIG_HOME", home)
        .env_remove("PULSE_SERVER")
        .stdin(Stdio::null());
    command
}
