//! Processes that the demo and the benches start: this same program under other commands.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::clips_in;
use crate::base::{clock, threads};
use crate::city::story::Story;
use crate::words::{Language, Words};

/// This program's own file.
///
/// # Errors
/// When the system does not tell.
pub fn own_program() -> anyhow::Result<PathBuf> {
    std::env::current_exe().context("the system does not tell where this program lies")
}

/// A child that ends when this is dropped.
pub struct Guard(pub Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// `qyran city footage`, at work behind the demo.
pub(super) struct FootageProcess(Guard);

impl FootageProcess {
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let child = Command::new(own_program()?)
            .args(["city", "footage", "--dir"])
            .arg(folder)
            .stdin(Stdio::null())
            .spawn()
            .context("cannot start the making of footage")?;
        Ok(Self(Guard(child)))
    }

    /// Waits until `enough` clips exist, or all.
    pub(super) fn wait_for(&mut self, folder: &Path, enough: usize) -> anyhow::Result<()> {
        let (_never, pause) = crossbeam_channel::bounded::<()>(1);
        loop {
            if let Some(status) = self.0.0.try_wait()? {
                if status.success() {
                    return Ok(());
                }
                let words = Words::new(Language::En);
                let hint = words.with(
                    "error-no-footage-hint",
                    &[("command", "make footage".into())],
                );
                bail!("{}. {hint}", words.get("error-no-footage"));
            }
            if clips_in(folder) >= enough {
                return Ok(());
            }
            pause.recv_timeout(Duration::from_millis(200)).ok(); // a pause, nobody sends
        }
    }
}

/// A story that a city tells to a wall, and how they find each other.
pub struct Telling {
    story: String,
    door: String,
    token: PathBuf,
}

impl Telling {
    /// Writes what a wall needs to notice and to hear `story`, which is called `name`, into the settings
    /// folder `settings`: its rules, and a port on which nobody else listens.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn prepare(name: &str, story: &Story, settings: &Path) -> anyhow::Result<Self> {
        let free = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        let port = free.local_addr()?.port();
        drop(free);
        std::fs::create_dir_all(settings)
            .with_context(|| format!("cannot make {}", settings.display()))?;
        let rules = story.rule_file().map_err(anyhow::Error::msg)?;
        // What somebody chose in an earlier run, such as the language, stays; what is no TOML goes.
        let path = settings.join("settings.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut chosen: toml::Table = text.parse().unwrap_or_default();
        chosen.insert("events_port".to_owned(), i64::from(port).into());
        std::fs::write(&path, chosen.to_string())
            .with_context(|| format!("cannot write {}", path.display()))?;
        let path = settings.join("rules.toml");
        std::fs::write(&path, rules).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self {
            story: name.to_owned(),
            door: format!("http://127.0.0.1:{port}"),
            token: settings.join("events.token"),
        })
    }

    fn arguments(&self) -> Vec<OsString> {
        let told: [&OsStr; 6] = [
            "--story".as_ref(),
            self.story.as_ref(),
            "--events".as_ref(),
            self.door.as_ref(),
            "--events-token".as_ref(),
            self.token.as_ref(),
        ];
        told.map(OsStr::to_owned).to_vec()
    }
}

/// A running `qyran city`.
pub struct CityProcess {
    child: Guard,
    _stdin: Option<ChildStdin>,
    /// The camera file it wrote.
    pub camera_file: PathBuf,
    /// Where its control listens, as host:port.
    pub control: String,
    /// Where its RTSP server listens, as host:port.
    pub rtsp: String,
}

impl CityProcess {
    /// Starts a city whose files go to `home`; waits until it serves. Port 0 takes any free one.
    ///
    /// # Errors
    /// When it does not start, or not in time.
    pub fn start(
        footage: &Path,
        home: &Path,
        rtsp_port: u16,
        control_port: u16,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        Self::start_with(footage, home, (rtsp_port, control_port), &[], patience)
    }

    /// Starts a city on free ports whose H.264 has bare parameter sets.
    ///
    /// # Errors
    /// As [`CityProcess::start`].
    pub fn start_bare(footage: &Path, home: &Path, patience: Duration) -> anyhow::Result<Self> {
        Self::start_with(footage, home, (0, 0), &["--bare".into()], patience)
    }

    /// Starts a city on free ports that tells a story, where there is one.
    ///
    /// # Errors
    /// As [`CityProcess::start`].
    pub fn start_telling(
        footage: &Path,
        home: &Path,
        telling: Option<&Telling>,
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let more = telling.map(Telling::arguments).unwrap_or_default();
        Self::start_with(footage, home, (0, 0), &more, patience)
    }

    fn start_with(
        footage: &Path,
        home: &Path,
        (rtsp_port, control_port): (u16, u16),
        more: &[OsString],
        patience: Duration,
    ) -> anyhow::Result<Self> {
        let camera_file = home.join("cameras.csv");
        let mut child = Command::new(own_program()?)
            .args(["city", "--until-stdin-closes", "--footage"])
            .arg(footage)
            .arg("--write-cameras")
            .arg(&camera_file)
            .arg("--rtsp-port")
            .arg(rtsp_port.to_string())
            .arg("--control-port")
            .arg(control_port.to_string())
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the demo city")?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let child = Guard(child);
        let Some(stdout) = stdout else {
            bail!("the demo city has no output")
        };
        let (told, heard) = crossbeam_channel::bounded(1);
        threads::spawn("city-output", move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            if let Some(line) = lines.next() {
                told.send(line).ok(); // whoever asked may have given up
            }
            // Read on, so that the city never waits for a reader.
            lines.for_each(drop);
        })?;
        let deadline = clock::now() + patience;
        let line = heard
            .recv_deadline(deadline)
            .context("the demo city did not start; is its port taken?")?;
        let (Some(rtsp), Some(control)) = (after(&line, "rtsp://"), after(&line, "http://")) else {
            bail!("the demo city said something unexpected: {line}");
        };
        Ok(Self {
            child,
            _stdin: stdin,
            camera_file,
            control,
            rtsp,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }
}

fn after(line: &str, scheme: &str) -> Option<String> {
    let rest = line.split_once(scheme)?.1;
    let end = rest.find(['/', ' ', ',']).unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::settings::Settings;

    #[test]
    fn a_story_is_prepared_beside_what_was_chosen_before() {
        let folder = tempfile::tempdir().unwrap();
        let story = Story::find("left-bag").unwrap();
        let file = folder.path().join("settings.toml");
        std::fs::write(&file, "language = \"en\"\nevents_port = 1\n").unwrap();
        let telling = Telling::prepare("left-bag", &story, folder.path()).unwrap();
        let (settings, warnings) = Settings::read(&file);
        assert!(warnings.is_empty());
        assert_eq!(settings.language, Language::En);
        assert_eq!(
            telling.door,
            format!("http://127.0.0.1:{}", settings.events_port)
        );
        let rules = std::fs::read_to_string(folder.path().join("rules.toml")).unwrap();
        assert!(rules.contains("story-left"), "{rules}");
    }

    #[test]
    fn addresses_are_found_in_the_first_line() {
        let line =
            "64 cameras at rtsp://127.0.0.1:8554/cam-001/sub …, control at http://127.0.0.1:8555";
        assert_eq!(after(line, "rtsp://").as_deref(), Some("127.0.0.1:8554"));
        assert_eq!(after(line, "http://").as_deref(), Some("127.0.0.1:8555"));
        assert_eq!(after(line, "ftp://"), None);
    }
}
