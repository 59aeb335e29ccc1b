//! Foreign models: each runs in a process of its own, so that one that crashes, hangs or eats memory
//! costs a few looks and nothing else.
//!
//! ```text
//! ChildRunner ─► link: a thread that starts it ─ stdin: job, tensors ─► serve: limits, ONNX Runtime
//!      ▲                                   └──── stdout: outputs ◄────────┘
//! ```
//!
//! * `wire` is the messages, and believes nothing that comes from the process; `serve` is the
//!   process, `limits` what it forbids itself; `link` is one process, and this the succession of
//!   them: when one is ended, when the next is started, and when that is given up.

mod limits;
mod link;
mod serve;
mod wire;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng as _;
use rand::rngs::SmallRng;
use tracing::{info, warn};

pub use serve::{WorkerError, run_model_worker};

use self::link::{Answer, Link};
use self::serve::Job;
use super::decode::DecodeError;
use super::registry::{Descriptor, Fault};
use super::{Output, Provider, RunError, Runner};
use crate::base::backoff::{Backoff, Policy};
use crate::base::clock;

/// A process that has run for so long is no longer one of several failures in a row.
const WELL_AFTER: Duration = Duration::from_secs(60);

/// How foreign models are run, and what they may take.
#[derive(Clone, Debug)]
pub struct Foreign {
    /// The program: this one, unless a test has another.
    pub program: PathBuf,
    /// Its arguments: those of `qyran model-worker`.
    pub arguments: Vec<OsString>,
    /// Memory of a process, bytes; limited on Linux only.
    pub memory_bytes: u64,
    /// A model that is not loaded by then never will be.
    pub load_within: Duration,
    /// A run that takes longer is ended, and its process with it.
    pub run_within: Duration,
    /// Waits between a process that was ended and the next.
    pub retry: Policy,
    /// After so many failures in a row the model is given up.
    pub most_failures: u32,
}

/// What the process of a model may take where nothing else is set, MiB.
pub const MEMORY_MIB: u64 = 2048;

impl Foreign {
    /// Processes of the program that runs now.
    ///
    /// The program must be `qyran` itself: another one would not know the command.
    pub fn of_this_program() -> Self {
        // The file that runs, even when another was put in its place meanwhile.
        let own = Path::new("/proc/self/exe");
        if cfg!(target_os = "linux") {
            return Self::of(own.to_owned());
        }
        // Where the system does not say which it is, that it cannot be started is told.
        Self::of(std::env::current_exe().unwrap_or_default())
    }

    /// Processes of another `qyran`.
    pub fn of(program: PathBuf) -> Self {
        Self {
            program,
            arguments: vec!["model-worker".into()],
            memory_bytes: MEMORY_MIB << 20,
            load_within: Duration::from_secs(30),
            run_within: Duration::from_secs(2),
            retry: Policy {
                first: Duration::from_secs(1),
                most: Duration::from_secs(60),
                factor: 5.0,
                jitter: 0.2,
            },
            most_failures: 5,
        }
    }
}

/// Where the succession stands.
enum State {
    /// A process is ready, since then.
    Ready(Link, Instant),
    /// One loads the model, since then.
    Starting(Link, Instant),
    /// None; the next may be started then.
    Resting(Instant),
    /// None, and there will be none.
    GivenUp(String),
}

/// Runs a foreign model in processes of its own, one after the other.
pub struct ChildRunner {
    model: String,
    provider: Provider,
    options: Foreign,
    job: Arc<[u8]>,
    outputs: usize,
    longest: usize,
    state: State,
    backoff: Backoff,
    rng: SmallRng,
    /// Memory of the run before.
    spare: (Vec<f32>, Vec<u32>),
    spent: Option<Duration>,
}

impl ChildRunner {
    /// Loads the model in `folder` in a process of its own, with ONNX Runtime at `runtime`, and
    /// waits until it is loaded.
    ///
    /// # Errors
    /// When there is no such process, or it refuses the model or is not ready in time.
    pub fn start(
        descriptor: &Descriptor,
        folder: &Path,
        runtime: &Path,
        provider: Provider,
        options: &Foreign,
    ) -> Result<Self, Fault> {
        let apart = |said: String| Fault::Apart { said };
        let job = Job {
            descriptor: descriptor.clone(),
            folder: folder.to_owned(),
            runtime: runtime.to_owned(),
            provider,
            memory_bytes: options.memory_bytes,
        };
        let job = serde_json::to_vec(&job).map_err(|error| apart(error.to_string()))?;
        let mut runner = Self {
            model: descriptor.id.clone(),
            provider,
            job: job.into(),
            outputs: descriptor.outputs.len(),
            longest: wire::longest_outputs(&descriptor.outputs),
            state: State::Resting(clock::now()),
            backoff: Backoff::new(options.retry),
            rng: SmallRng::from_os_rng(),
            spare: (Vec::new(), Vec::new()),
            spent: None,
            options: options.clone(),
        };
        let told = |said: String| apart(format!("the model {}: {said}", descriptor.id));
        let link = runner.link().map_err(|error| told(error.to_string()))?;
        match link.answer(options.load_within) {
            Some(Answer::Ready) => {
                runner.state = State::Ready(link, clock::now());
                Ok(runner)
            }
            Some(Answer::Refused(said) | Answer::Ended(said)) => {
                Err(told(runner.with_memory(said)))
            }
            None => Err(told(runner.too_slow_to_load())),
            Some(_) => Err(told("its process says what cannot be".to_owned())),
        }
    }

    fn link(&self) -> std::io::Result<Link> {
        Link::start(&self.options, Arc::clone(&self.job), self.longest)
    }

    fn too_slow_to_load(&self) -> String {
        format!("it was not loaded in {:?}", self.options.load_within)
    }

    /// What was said, with the limit where it may be about that.
    fn with_memory(&self, said: String) -> String {
        let plain = said.to_lowercase();
        let hints = ["memory", "alloc", "signal", "mmap", "exception"];
        if hints.iter().any(|hint| plain.contains(hint)) {
            let mib = self.options.memory_bytes >> 20;
            format!("{said} (it may have {mib} MiB of memory)")
        } else {
            said
        }
    }

    /// A process was ended, or has: the next comes after a while, or none.
    fn strike(&mut self, said: String, ready_since: Option<Instant>) -> RunError {
        let now = clock::now();
        let well = ready_since.is_some_and(|since| now - since >= WELL_AFTER);
        if well {
            self.backoff.reset();
        }
        let said = self.with_memory(said);
        let wait = self.backoff.next_wait(&mut self.rng);
        let failures = self.backoff.failures();
        if failures >= self.options.most_failures {
            let said = format!("{said}; {failures} times in a row");
            self.state = State::GivenUp(said.clone());
            return self.given_up(said);
        }
        warn!(model = %self.model, %said, ?wait, "the process of a model was ended");
        self.state = State::Resting(now + wait);
        RunError::Stopped {
            model: self.model.clone(),
            said,
        }
    }

    fn given_up(&self, said: String) -> RunError {
        RunError::GivenUp {
            model: self.model.clone(),
            said,
        }
    }

    /// Looks whether a process is ready, and starts one where it is time; never waits.
    fn advance(&mut self) -> Result<(), RunError> {
        let resting = RunError::Resting {
            model: self.model.clone(),
        };
        let now = clock::now();
        match &self.state {
            State::Ready(..) => Ok(()),
            State::GivenUp(said) => Err(self.given_up(said.clone())),
            State::Resting(until) if now < *until => Err(resting),
            State::Resting(_) => match self.link() {
                Ok(link) => {
                    self.state = State::Starting(link, now);
                    Err(resting)
                }
                Err(error) => Err(self.strike(error.to_string(), None)),
            },
            State::Starting(link, since) => match link.answer(Duration::ZERO) {
                Some(Answer::Ready) => {
                    info!(model = %self.model, "the model runs again");
                    let before = std::mem::replace(&mut self.state, State::Resting(now));
                    if let State::Starting(link, _) = before {
                        self.state = State::Ready(link, now);
                    }
                    Ok(())
                }
                Some(Answer::Refused(said) | Answer::Ended(said)) => Err(self.strike(said, None)),
                Some(_) => Err(self.strike("its process says what cannot be".to_owned(), None)),
                None if now - *since < self.options.load_within => Err(resting),
                None => Err(self.strike(self.too_slow_to_load(), None)),
            },
        }
    }
}

impl Runner for ChildRunner {
    fn run(
        &mut self,
        input: &[f32],
        see: &mut dyn FnMut(&[Output<'_>]) -> Result<(), DecodeError>,
    ) -> Result<(), RunError> {
        self.spent = None;
        self.advance()?;
        let State::Ready(link, since) = &self.state else {
            return Err(RunError::Resting {
                model: self.model.clone(),
            });
        };
        let since = Some(*since);
        let before = link.spent();
        let (mut tensor, words) = std::mem::take(&mut self.spare);
        tensor.clear();
        tensor.extend_from_slice(input);
        link.ask(tensor, words);
        let answer = link.answer(self.options.run_within);
        self.spent = before
            .zip(link.spent())
            .map(|(before, after)| after.saturating_sub(before));
        match answer {
            Some(Answer::Outputs { input, words }) => {
                let found = match wire::outputs(&words, self.outputs) {
                    Ok(found) => found,
                    Err(error) => return Err(self.strike(error.to_string(), since)),
                };
                let outputs: Vec<Output<'_>> = found
                    .iter()
                    .map(|(shape, at)| Output {
                        shape,
                        values: bytemuck::cast_slice(&words[at.clone()]),
                    })
                    .collect();
                let seen = see(&outputs);
                drop(outputs);
                self.spare = (input, words);
                Ok(seen?)
            }
            Some(Answer::Failed { input, said }) => {
                self.spare.0 = input;
                Err(RunError::Failed {
                    provider: self.provider,
                    said: self.with_memory(said),
                })
            }
            Some(Answer::Ended(said)) => Err(self.strike(said, since)),
            Some(Answer::Ready | Answer::Refused(_)) => {
                Err(self.strike("its process says what cannot be".to_owned(), since))
            }
            None => {
                let said = format!("a run took longer than {:?}", self.options.run_within);
                Err(self.strike(said, since))
            }
        }
    }

    fn provider(&self) -> Provider {
        self.provider
    }

    fn is_apart(&self) -> bool {
        true
    }

    fn spent_apart(&self) -> Option<Duration> {
        self.spent
    }
}
