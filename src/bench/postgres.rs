//! A PostgreSQL of our own for figures and tests, from the programs that lie on this machine.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::base::{clock, threads};

/// A server that does not answer within this time is broken.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// The user of the system that it runs as where this program is root, which PostgreSQL refuses.
const USER: &str = "postgres";

/// A server with its data in a folder; it ends with this.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    durable: bool,
    child: Option<Child>,
    /// The thread that started it waits for the other end of this: the server ends with it.
    parent: Option<crossbeam_channel::Sender<()>>,
    /// It was killed, and what it left may stand in the way of the next start for a moment.
    killed: bool,
}

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Sessions are ended, everything is written.
    Fast,
    /// As if the machine had lost its power.
    Kill,
}

impl Server {
    /// Makes a cluster in `folder`, which must be empty, and starts it. Without `durable` it does not
    /// wait for the disk: for tests that do not ask for it.
    ///
    /// # Errors
    /// When PostgreSQL is not there, or does not start.
    pub fn start(folder: &Path, durable: bool) -> anyhow::Result<Self> {
        let programs = programs()?;
        fs::create_dir_all(folder)?;
        let folder = fs::canonicalize(folder)?;
        let user = id_of_user()?;
        #[cfg(unix)]
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid))?;
        }
        let data = folder.join("data");
        let made = as_user(&programs.join("initdb"))
            .args(["--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"])
            .args(["--username", USER, "-D"])
            .arg(&data)
            .current_dir(&folder)
            .output()
            .context("initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr).trim());
        }
        let mut server = Self {
            programs,
            folder,
            port: free_port()?,
            durable,
            child: None,
            parent: None,
            killed: false,
        };
        server.go_on()?;
        Ok(server)
    }

    /// Starts it again after [`Server::stop`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn go_on(&mut self) -> anyhow::Result<()> {
        let deadline = clock::now() + STARTS_WITHIN;
        self.launch()?;
        loop {
            let ready = self
                .program("pg_isready")
                .arg("-q")
                .status()
                .is_ok_and(|status| status.success());
            if ready {
                self.killed = false;
                return Ok(());
            }
            let ended = self
                .child
                .as_mut()
                .is_none_or(|child| matches!(child.try_wait(), Ok(Some(_))));
            let late = clock::now() > deadline;
            if late || (ended && !self.killed) {
                let said = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                let last: Vec<&str> = said.lines().rev().take(5).collect();
                bail!("PostgreSQL does not start: {}", last.join(" / "));
            }
            super::seat::pause(Duration::from_millis(20));
            if ended {
                self.launch()?;
            }
        }
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let fsync = if self.durable { "on" } else { "off" };
        let mut command = as_user(&self.programs.join("postgres"));
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder)
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            .args(["-c", &format!("fsync={fsync}")])
            .args(["-c", "max_connections=300"])
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let (parent, ends) = crossbeam_channel::bounded::<()>(0);
        let (sender, started) = crossbeam_channel::bounded(1);
        threads::spawn("postgres", move || {
            // Nobody waits for the answer when this program is about to end.
            sender.send(command.spawn()).ok();
            // With it goes the open end of the log, which would keep the disk that it lies on busy.
            drop(command);
            // Only when the other end is gone.
            ends.recv().ok();
        })?;
        self.child = Some(started.recv()?.context("postgres")?);
        self.parent = Some(parent);
        Ok(())
    }

    /// Stops it, and waits until it has ended.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn stop(&mut self, how: Stop) -> anyhow::Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        match how {
            Stop::Kill => {
                // Its children see that it is gone and end too; a new one refuses to start until then.
                child.kill()?;
                self.killed = true;
            }
            Stop::Fast => {
                let stopped = as_user(&self.programs.join("pg_ctl"))
                    .args(["stop", "-m", "fast", "-s", "-D"])
                    .arg(self.folder.join("data"))
                    .current_dir(&self.folder)
                    .status()?;
                if !stopped.success() {
                    bail!("pg_ctl: {stopped}");
                }
            }
        }
        child.wait()?;
        Ok(())
    }

    /// Where it listens on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its folder, with `data` in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The address of a database for a login.
    pub fn url(&self, login: &str, database: &str) -> String {
        format!("postgres://{login}@127.0.0.1:{}/{database}", self.port)
    }

    /// A new, empty database.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new_database(&self, name: &str) -> anyhow::Result<()> {
        self.sql("postgres", &format!("CREATE DATABASE {name}"))
            .map(drop)
    }

    /// Runs SQL as the superuser; what it printed, unadorned.
    ///
    /// # Errors
    /// What the server says.
    pub fn sql(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        let output = self
            .program("psql")
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
            .arg(database)
            .output()
            .context("psql")?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// One of its programs that speak to it as its superuser.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command
            .args(["-h", "127.0.0.1", "-U", USER, "-p", &self.port.to_string()])
            .current_dir("/");
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing of it is needed any more.
        self.stop(Stop::Kill).ok();
    }
}

/// The newest PostgreSQL on this machine.
fn programs() -> anyhow::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
    {
        let version = entry.file_name().to_string_lossy().parse();
        let programs = entry.path().join("bin");
        if let Ok(version) = version
            && programs.join("initdb").exists()
        {
            found.push((version, programs));
        }
    }
    if let Some((_, newest)) = found.into_iter().max() {
        return Ok(newest);
    }
    let said = Command::new("pg_config").arg("--bindir").output();
    if let Ok(said) = said
        && said.status.success()
    {
        let programs = PathBuf::from(String::from_utf8_lossy(&said.stdout).trim());
        if programs.join("initdb").exists() {
            return Ok(programs);
        }
    }
    bail!("there is no PostgreSQL server on this machine (Debian: postgresql)")
}

/// The user that it runs as, where that is another.
fn id_of_user() -> anyhow::Result<Option<(u32, u32)>> {
    if !is_root() {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    passwd
        .lines()
        .find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields.first() == Some(&USER))
                .then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
        })
        .map(Some)
        .with_context(|| format!("there is no user {USER}, and PostgreSQL does not run as root"))
}

fn is_root() -> bool {
    #[cfg(target_os = "linux")]
    return rustix::process::geteuid().is_root();
    #[cfg(not(target_os = "linux"))]
    return false;
}

/// A program as the user that PostgreSQL runs as; it ends with this program.
fn as_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.args(["--reuid", USER, "--regid", USER, "--init-groups"]);
    }
    command.arg(program);
    command
}

fn free_port() -> io::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    Ok(listener.local_addr()?.port())
}
