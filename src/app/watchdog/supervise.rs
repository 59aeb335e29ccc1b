//! The watchdog's process: starts the wall, listens to its beats, starts it again.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use tracing::{error, info, warn};

use super::line::{Beat, LEAVES, QUIT};
use super::policy::{Cause, Ending, Pulse, Restarts, exit_code};
use super::signals;
use crate::base::{clock, threads};

/// How often the child is looked at; its end is usually heard at once, when its pipe closes.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The same once its pipe has closed.
const LOOK_SOON: Duration = Duration::from_millis(10);
/// How long a wall that was asked to quit may take.
const QUITS_WITHIN: Duration = Duration::from_secs(5);

/// The program that is watched.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its file.
    pub file: PathBuf,
    /// Its arguments. A wall that is started again gets `--restarted CAUSE` behind them.
    pub arguments: Vec<OsString>,
    /// What it reads first: nothing that belongs on a command line.
    pub input: String,
}

impl Program {
    /// This program with this command line, and a note that it is watched. It is told `input` first.
    ///
    /// # Errors
    /// When the system does not tell where this program lies.
    pub fn own(input: String) -> Result<Self, WatchError> {
        let file = std::env::current_exe().map_err(WatchError::NoProgram)?;
        // After an update in place Linux names the old file, which is gone; the new one is there.
        let file = match file
            .to_str()
            .and_then(|name| name.strip_suffix(" (deleted)"))
        {
            Some(name) => PathBuf::from(name),
            None => file,
        };
        let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
        arguments.push("--watched".into());
        Ok(Self {
            file,
            arguments,
            input,
        })
    }

    fn start(&self, cause: Option<Cause>) -> Result<Child, WatchError> {
        let mut command = Command::new(&self.file);
        command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(cause) = cause {
            command.arg("--restarted").arg(cause.to_string());
        }
        // Ctrl-C goes to the watchdog alone, which lets the wall close its window and its files.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|source| WatchError::NoStart {
            file: self.file.clone(),
            source,
        })?;
        if let Some(pipe) = &mut child.stdin {
            // One that ends at once reads nothing, and its end is seen.
            pipe.write_all(self.input.as_bytes()).ok();
        }
        Ok(child)
    }
}

/// The watchdog cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Where this program lies.
    #[error("the system does not tell where this program lies: {0}")]
    NoProgram(#[source] io::Error),
    /// Signals or threads.
    #[error("the watchdog cannot listen: {0}")]
    Listen(#[source] io::Error),
    /// The wall's process.
    #[error("{} cannot be started: {source}", file.display())]
    NoStart {
        /// The program.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Runs `program` and starts it again until it ends as it should, somebody asks this process to
/// end, or it fails too often; returns the exit code.
///
/// # Errors
/// When it cannot be started, or this process cannot listen.
pub fn supervise(program: &Program) -> Result<u8, WatchError> {
    let asked = signals::listen().map_err(WatchError::Listen)?;
    let mut restarts = Restarts::default();
    let mut cause = None;
    loop {
        let child = program.start(cause)?;
        info!(process = child.id(), restarted = ?cause, "the wall is started and watched");
        let failed = match watch(child, &asked, cause.is_some())? {
            Ending::Over(code) => return Ok(code),
            Ending::Failed(failed) => failed,
        };
        let Some(wait) = restarts.next_wait(clock::now()) else {
            error!(cause = %failed, "the wall fails again and again: it is not started any more");
            return Ok(failed.exit_code());
        };
        warn!(cause = %failed, wait_s = wait.as_secs_f64(), "the wall failed: it is started again");
        if let Ok(signal) = asked.recv_timeout(wait) {
            return Ok(exit_code(signal));
        }
        cause = Some(failed);
    }
}

/// What comes up the pipe.
enum Heard {
    Beat,
    /// The operator closed the window: whatever comes now is no fault.
    Leaves,
    /// The pipe is closed.
    Closed,
}

/// Watches one wall to its end.
fn watch(mut child: Child, asked: &Receiver<i32>, restarted: bool) -> Result<Ending, WatchError> {
    let heard = listen(child.stdout.take())?;
    let mut wishes = child.stdin.take();
    let mut pulse = Pulse::new(clock::now());
    let mut condemned = false;
    // Since it was asked to by a signal, or the operator closed its window.
    let mut leaving: Option<(Option<i32>, Instant)> = None;
    let mut closed = false;
    loop {
        let ended = child.try_wait().map_err(WatchError::Listen)?;
        if let Some(status) = ended {
            // What it said last counts.
            while let Ok(last) = heard.try_recv() {
                match last {
                    Heard::Beat => pulse.beat(),
                    Heard::Leaves => leaving = leaving.or(Some((None, clock::now()))),
                    Heard::Closed => {}
                }
            }
            match leaving {
                Some((Some(signal), _)) => return Ok(Ending::Over(exit_code(signal))),
                Some((None, _)) => {
                    let code = status.code().and_then(|code| u8::try_from(code).ok());
                    return Ok(Ending::Over(code.unwrap_or_default()));
                }
                None => {}
            }
            let how = (status.code(), signal_of(status));
            return Ok(Ending::of(how, pulse.has_beaten(), condemned, restarted));
        }
        let never = crossbeam_channel::never();
        let from_wall = if closed { &never } else { &heard };
        let wait = if closed { LOOK_SOON } else { LOOK_EVERY };
        crossbeam_channel::select! {
            recv(from_wall) -> message => match message {
                Ok(Heard::Beat) => pulse.beat(),
                Ok(Heard::Leaves) => {
                    leaving = leaving.or(Some((None, clock::now() + QUITS_WITHIN)));
                }
                Ok(Heard::Closed) | Err(_) => closed = true,
            },
            recv(asked) -> signal => {
                let signal = signal.unwrap_or_default();
                let told = wishes
                    .take()
                    .is_some_and(|mut pipe| writeln!(pipe, "{QUIT}").is_ok());
                if !told {
                    // Asked a second time, or it does not listen.
                    child.kill().ok(); // it may have ended by itself
                }
                leaving = Some((Some(signal), clock::now() + QUITS_WITHIN));
            }
            default(wait) => {}
        }
        let now = clock::now();
        if pulse.look(now) && !condemned && leaving.is_none() {
            warn!(process = child.id(), "the wall stands still: it is ended");
            condemned = true;
            child.kill().ok(); // it may have ended by itself
        }
        if leaving.is_some_and(|(_, deadline)| now >= deadline) {
            warn!(process = child.id(), "the wall does not leave: it is ended");
            leaving = leaving.map(|(signal, _)| (signal, now + QUITS_WITHIN));
            child.kill().ok(); // likewise
        }
    }
}

/// Beats of a wall. Other lines go to this process's own output.
fn listen(pipe: Option<ChildStdout>) -> Result<Receiver<Heard>, WatchError> {
    let (told, heard) = bounded(16);
    threads::spawn("beats", move || {
        let mut out = io::stdout();
        let lines = pipe.map(|pipe| BufReader::new(pipe).split(b'\n'));
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            let message = match line.trim_end() {
                LEAVES => Heard::Leaves,
                beat if Beat::of_line(beat).is_some() => Heard::Beat,
                other => {
                    writeln!(out, "{other}").ok(); // nobody may read it
                    continue;
                }
            };
            // Who listens looks four times a second, so that the queue is never full for long.
            if told.send(message).is_err() {
                return;
            }
        }
        told.send(Heard::Closed).ok(); // whoever watched may have seen the end already
    })
    .map_err(WatchError::Listen)?;
    Ok(heard)
}

#[cfg(unix)]
fn signal_of(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal_of(_status: ExitStatus) -> Option<i32> {
    None
}
