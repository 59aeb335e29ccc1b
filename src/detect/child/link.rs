//! One process of a model as this program holds it: a thread that starts it, speaks with it and
//! buries it, and a handle that can end it at any moment.
//!
//! The thread is the process's parent, so that it dies with this program and not with whichever
//! thread happens to use the model.

use std::io::{self, BufReader, Read};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use tracing::{debug, warn};

use super::Foreign;
use super::wire::{self, Kind, LONGEST_TEXT, WireError};
use crate::base::confinement::surroundings;
use crate::base::{proc, threads};

/// Lines of one process that are logged; a model must not be able to flood the log.
const MOST_LINES: u32 = 40;
/// No line is longer, bytes.
const LONGEST_LINE: usize = 500;
/// What an ended process said last is waited for so long.
const LAST_WORDS_WITHIN: Duration = Duration::from_millis(200);
/// What of this program's surroundings a model's process is told: where libraries are, what is
/// logged. Nothing else may be there, passwords least of all.
const SURROUNDINGS: [&str; 8] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "SystemRoot",
    "TEMP",
    "TMP",
    "QYRAN_LOG",
];

/// What a process has to say.
#[derive(Debug)]
pub(super) enum Answer {
    /// The model is loaded.
    Ready,
    /// It is not, and why.
    Refused(String),
    /// What it gave, and the tensor back.
    Outputs { input: Vec<f32>, words: Vec<u32> },
    /// It gave nothing, and why.
    Failed { input: Vec<f32>, said: String },
    /// The process is no more, and why.
    Ended(String),
}

/// What is asked of it: the tensor, and where to put what comes.
struct Request {
    input: Vec<f32>,
    words: Vec<u32>,
}

/// The process while there is one.
#[derive(Default)]
struct Slot {
    process: Option<Child>,
    pid: Option<u32>,
    unwanted: bool,
}

/// A process of a model; dropping this ends it.
pub(super) struct Link {
    slot: Arc<Mutex<Slot>>,
    requests: Sender<Request>,
    answers: Receiver<Answer>,
}

impl Link {
    /// Starts a process for `job`; it answers when it is ready. No answer of it is longer than
    /// `longest` bytes.
    pub(super) fn start(options: &Foreign, job: Arc<[u8]>, longest: usize) -> io::Result<Self> {
        let slot = Arc::new(Mutex::new(Slot::default()));
        let (requests, asked) = bounded(1);
        // One to each request, one for its start and one for its end: nobody ever waits to send.
        let (sender, answers) = bounded(3);
        let conductor = Conductor {
            options: options.clone(),
            job,
            longest,
            slot: Arc::clone(&slot),
            asked,
            answers: sender,
        };
        threads::spawn("model", move || conductor.run())?;
        Ok(Self {
            slot,
            requests,
            answers,
        })
    }

    /// Asks for a run.
    pub(super) fn ask(&self, input: Vec<f32>, words: Vec<u32>) {
        // Where the thread is gone, that it ended waits among the answers.
        self.requests.try_send(Request { input, words }).ok();
    }

    /// The next answer, waited for so long; nothing when none came.
    pub(super) fn answer(&self, within: Duration) -> Option<Answer> {
        match self.answers.recv_timeout(within) {
            Ok(answer) => Some(answer),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Answer::Ended("it has ended".to_owned())),
        }
    }

    /// Processor time of the process so far; nothing where the system does not tell.
    pub(super) fn spent(&self) -> Option<Duration> {
        let pid = self.slot.lock().pid?;
        Some(Duration::from_secs_f64(proc::standing(pid)?.cpu_secs))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let mut slot = self.slot.lock();
        slot.unwanted = true;
        slot.pid = None;
        if let Some(process) = &mut slot.process {
            process.kill().ok(); // it may have ended by itself
        }
    }
}

/// The thread's side.
struct Conductor {
    options: Foreign,
    job: Arc<[u8]>,
    longest: usize,
    slot: Arc<Mutex<Slot>>,
    asked: Receiver<Request>,
    answers: Sender<Answer>,
}

impl Conductor {
    fn run(self) {
        let (mut input, mut output, last_words) = match self.start() {
            Ok(started) => started,
            Err(error) => {
                self.tell(Answer::Ended(format!("it cannot be started: {error}")));
                return;
            }
        };
        let error = self.speak(&mut input, &mut output).err();
        // Hung up, it ends by itself when it can; killed, whatever it does.
        drop((input, output));
        let process = {
            let mut slot = self.slot.lock();
            slot.pid = None;
            slot.process.take()
        };
        let status = process.and_then(|mut process| {
            process.kill().ok(); // it may have ended by itself
            process.wait().ok()
        });
        let Some(error) = error else {
            return; // nobody asks any more
        };
        let mut said = match (&error, status) {
            (WireError::Gone(_), Some(status)) => format!("its process has ended: {status}"),
            _ => error.to_string(),
        };
        if let Ok(line) = last_words.recv_timeout(LAST_WORDS_WITHIN)
            && !line.is_empty()
        {
            said = format!("{said}; it said: {line}");
        }
        self.tell(Answer::Ended(said));
    }

    fn tell(&self, answer: Answer) {
        // Who has hung up needs no answer.
        self.answers.try_send(answer).ok();
    }

    fn start(&self) -> io::Result<(ChildStdin, ChildStdout, Receiver<String>)> {
        let mut process = Command::new(&self.options.program)
            .args(&self.options.arguments)
            .env_clear()
            .envs(surroundings(&SURROUNDINGS, &[]))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let ends = process.stdin.take().zip(process.stdout.take());
        let stderr = process.stderr.take();
        {
            let mut slot = self.slot.lock();
            if slot.unwanted {
                process.kill().ok(); // it may have ended by itself
            }
            slot.pid = Some(process.id());
            slot.process = Some(process);
        }
        let missing = || io::Error::other("it has no pipes");
        let (input, output) = ends.ok_or_else(missing)?;
        let stderr = stderr.ok_or_else(missing)?;
        let (sender, last_words) = bounded(1);
        threads::spawn("model-says", move || {
            sender.try_send(relay(stderr)).ok(); // who has hung up needs no last words
        })?;
        Ok((input, output, last_words))
    }

    /// Speaks with the process until nobody asks any more.
    fn speak(&self, input: &mut ChildStdin, output: &mut ChildStdout) -> Result<(), WireError> {
        wire::write(input, Kind::Load, &[&self.job])?;
        let (kind, length) = wire::read_head(output, |_| LONGEST_TEXT)?;
        let text = wire::read_text(output, length)?;
        match kind {
            Kind::Ready => self.tell(Answer::Ready),
            Kind::Refused => {
                self.tell(Answer::Refused(text));
                return Ok(());
            }
            other => return Err(WireError::Kind(other.number())),
        }
        while let Ok(mut request) = self.asked.recv() {
            let tensor = bytemuck::cast_slice(&request.input);
            wire::write(input, Kind::Run, &[tensor])?;
            let (kind, length) = wire::read_head(output, |kind| match kind {
                Kind::Outputs => self.longest,
                _ => LONGEST_TEXT,
            })?;
            let answer = match kind {
                Kind::Outputs => {
                    wire::read_words(output, length, &mut request.words)?;
                    Answer::Outputs {
                        input: request.input,
                        words: request.words,
                    }
                }
                Kind::Failed => Answer::Failed {
                    input: request.input,
                    said: wire::read_text(output, length)?,
                },
                other => return Err(WireError::Kind(other.number())),
            };
            self.tell(answer);
        }
        Ok(())
    }
}

/// Logs what a process says, as far as that may be much; its last line.
fn relay(said: impl Read) -> String {
    let mut from = BufReader::new(said);
    let mut last = String::new();
    let mut lines = 0;
    while let Some(line) = line(&mut from) {
        if line.is_empty() {
            continue;
        }
        lines += 1;
        if lines <= MOST_LINES {
            if line.contains("DEBUG") || line.contains("INFO") {
                debug!("the model's process: {line}");
            } else {
                warn!("the model's process: {line}");
            }
        }
        last = line;
    }
    last
}

/// The next line, as far as it may be long; nothing at the end.
fn line(from: &mut impl io::BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    let mut any = false;
    loop {
        let here = from.fill_buf().ok()?;
        if here.is_empty() {
            return any.then(|| String::from_utf8_lossy(&bytes).trim().to_owned());
        }
        any = true;
        let end = here.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(here.len());
        let room = LONGEST_LINE - bytes.len();
        bytes.extend_from_slice(&here[..taken.min(room)]);
        let ended = end.is_some();
        from.consume(taken + usize::from(ended));
        if ended {
            return Some(String::from_utf8_lossy(&bytes).trim().to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_are_kept_and_long_lines_are_cut() {
        let said = format!("WARN one\n{}\n\nlast wörd\n", "x".repeat(9000));
        assert_eq!(relay(said.as_bytes()), "last wörd");
        let mut from = BufReader::with_capacity(64, said.as_bytes());
        assert_eq!(line(&mut from).expect("a line"), "WARN one");
        assert_eq!(line(&mut from).expect("a line").len(), LONGEST_LINE);
        assert_eq!(relay(&b""[..]), "");
        assert_eq!(relay(&b"no end"[..]), "no end");
    }
}
