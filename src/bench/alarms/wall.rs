//! A wall at which somebody sits, with a store, a door for events and something that plays.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

use super::loudspeaker::Loudspeaker;
use crate::app::measure::Measured;
use crate::base::clock::{self, WallTime};
use crate::bench::seat::{Seat, WatchedWall, figures_in, pause};
use crate::bench::store::seat::{CENTRE, Seat as Keeping};
use crate::link::token::Token;
use crate::model::roles::Role;
use crate::store::cameras;

/// A wall that is not live by then, or nobody has signed in.
const THERE_WITHIN: Duration = Duration::from_secs(60);
/// How long it may take to write what it has and to leave.
const LEAVES_WITHIN: Duration = Duration::from_secs(60);
/// The name of the seat.
const SEAT: &str = "bench";

/// The wall and its doors.
pub(super) struct Wall {
    wall: WatchedWall,
    /// Where its store and its settings are.
    pub(super) folder: PathBuf,
    /// Where events are heard, such as `http://127.0.0.1:8710`.
    pub(super) events: String,
    /// What is shown there.
    pub(super) token: Token,
    /// Cameras that it knows.
    pub(super) cameras: Vec<String>,
    figures: PathBuf,
}

impl Wall {
    /// Opens a wall with a store of its own in `folder`, `tiles` cameras on the page, and an
    /// inspector whom the door let in.
    pub(super) fn open(
        seat: &Seat,
        speaker: &Loudspeaker,
        folder: &Path,
        tiles: usize,
    ) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let (events, door) = (free_port()?, free_port()?);
        let settings = format!(
            "seat = \"{SEAT}\"\ncentre = \"{CENTRE}\"\nlanguage = \"en\"\ndetectors = false\n\
             lock_after_minutes = 0\nevents_port = {}\ndoor = \"tcp:{door}\"\n",
            events.port()
        );
        fs::write(folder.join("settings.toml"), settings)?;
        // The wall and whoever speaks to it know the same.
        let token = Token::read_or_make(&folder.join("events.token"))?;
        Token::read_or_make(&folder.join("door.token"))?;
        found(folder)?;
        let figures = folder.join("figures.json");
        let mut command = seat.wall_in(folder)?;
        command
            .arg("--cameras")
            .arg(&seat.city.camera_file)
            .args(["--tiles", &tiles.to_string(), "--lang", "en"])
            .arg("--measure")
            .arg(&figures)
            .args(["--measure-after", "0"]);
        speaker.play(&mut command);
        let mut wall = WatchedWall::start(command)?;
        wall.wait_live(THERE_WITHIN)?;
        let list = cameras::read(&seat.city.camera_file)?.cameras;
        let cameras = list.iter().map(|camera| camera.id.to_string()).collect();
        let mut wall = Self {
            wall,
            folder: folder.to_owned(),
            events: format!("http://{events}"),
            token,
            cameras,
            figures,
        };
        wall.sign_in(door)?;
        Ok(wall)
    }

    /// Its process.
    pub(super) fn pid(&self) -> u32 {
        self.wall.pid()
    }

    /// The door says that the inspector has come, until the log has it.
    fn sign_in(&mut self, door: SocketAddr) -> anyhow::Result<()> {
        let token = fs::read_to_string(self.folder.join("door.token"))?;
        let stream = TcpStream::connect(door).context("the door")?;
        stream.set_read_timeout(Some(THERE_WITHIN))?;
        let mut answers = BufReader::new(stream.try_clone()?).lines();
        let mut say = |line: &str| -> anyhow::Result<()> {
            writeln!(&stream, "{line}").context("the door")?;
            let answer = answers.next().context("the door hung up")??;
            ensure!(answer.contains("\"ok\":true"), "the door: {answer}");
            Ok(())
        };
        say(token.trim())?;
        let keeping = Keeping::unsigned(&self.folder, "looks")?;
        keeping.there()?;
        let deadline = clock::now() + THERE_WITHIN;
        while clock::now() < deadline {
            self.wall.must_run()?;
            let arrived = serde_json::json!({
                "person": Role::Inspector.key(), "seat": SEAT, "event": "arrived",
                "at": rfc3339(clock::wall_now()),
            });
            say(&arrived.to_string())?;
            pause(Duration::from_millis(500));
            let lines = keeping.store()?.lines(0, 1000)?.wait()?;
            let is_in = |text: &str| text.contains("\"kind\":\"sign-in\"");
            if lines.iter().any(|line| is_in(&line.text)) {
                return keeping.close();
            }
        }
        bail!("nobody signed in")
    }

    /// Asks it to leave; what it measured.
    pub(super) fn leave(self) -> anyhow::Result<Measured> {
        self.wall.leave(LEAVES_WITHIN)?;
        figures_in(&self.figures)?.context("the wall gave no figures")
    }
}

/// The people of the centre.
fn found(folder: &Path) -> anyhow::Result<()> {
    let keeping = Keeping::unsigned(folder, SEAT)?;
    keeping.there()?;
    keeping.found()?;
    keeping.close()
}

/// A port of this machine that nobody has at the moment.
fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A time as messages say it.
pub(super) fn rfc3339(at: WallTime) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(at.0));
    at.map_or_else(|_range| String::new(), |at| at.to_string())
}
