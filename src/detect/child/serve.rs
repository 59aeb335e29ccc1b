//! The process of a foreign model: loads it, and runs it for the program that started it.
//!
//! It sets its limits first. It has one thread, sees no camera, no address and no password, and ends
//! when its standard input does.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tracing::debug;

use super::limits;
use super::wire::{self, Kind, LONGEST_JOB, WireError};
use crate::base::confinement;
use crate::detect::registry::{Descriptor, numbers};
use crate::detect::{Output, Provider, Runner, Runtime};

/// What the process is to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) descriptor: Descriptor,
    /// The model's folder.
    pub(super) folder: PathBuf,
    /// ONNX Runtime.
    pub(super) runtime: PathBuf,
    pub(super) provider: Provider,
    pub(super) memory_bytes: u64,
}

/// A model's process could not go on.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// No program at the other end, or it says what cannot be.
    #[error("the process of a model is started by the program alone: {0}")]
    Alone(String),
    /// Who asked is gone.
    #[error("the program is gone: {0}")]
    Gone(#[from] io::Error),
}

impl From<WireError> for WorkerError {
    fn from(error: WireError) -> Self {
        Self::Alone(error.to_string())
    }
}

/// Runs a model for the program at the other end of the standard input and output until it hangs up.
///
/// # Errors
/// When there is no such program.
pub fn run_model_worker() -> Result<(), WorkerError> {
    confinement::end_with_parent()?;
    serve(&mut io::stdin().lock(), &mut io::stdout().lock())
}

fn serve(orders: &mut impl Read, answers: &mut impl Write) -> Result<(), WorkerError> {
    let (kind, length) = wire::read_head(orders, |_| LONGEST_JOB)?;
    let text = wire::read_text(orders, length)?;
    let job: Job = match serde_json::from_str(&text) {
        Ok(job) if kind == Kind::Load => job,
        Ok(_) => return Err(WorkerError::Alone("no job came first".to_owned())),
        Err(error) => return Err(WorkerError::Alone(error.to_string())),
    };
    drop(text);
    limits::set_name(&job.descriptor.id);
    let mut runner = match open(&job) {
        Ok(runner) => runner,
        Err(said) => return Ok(wire::write_text(answers, Kind::Refused, &said)?),
    };
    wire::write_text(answers, Kind::Ready, "")?;
    let expected = numbers(&job.descriptor.input.shape).unwrap_or(0) * size_of::<f32>();
    let mut input: Vec<f32> = Vec::new();
    // That who asks hangs up is how this ends.
    while let Ok((kind, length)) = wire::read_head(orders, |_| expected) {
        if kind != Kind::Run || length != expected {
            return Err(WorkerError::Alone(format!("a tensor of {length} bytes")));
        }
        wire::read_words(orders, length, &mut input)?;
        run(runner.as_mut(), &job.descriptor, &input, answers)?;
    }
    debug!("nobody asks any more");
    Ok(())
}

fn open(job: &Job) -> Result<Box<dyn Runner>, String> {
    limits::set(job).map_err(|error| format!("its limits cannot be set: {error}"))?;
    let file = job.descriptor.checked_file(&job.folder);
    let file = file.map_err(|fault| fault.to_string())?;
    let runtime = Runtime::load(&job.runtime).map_err(|error| error.to_string())?;
    let runner = runtime.open(&job.descriptor, &file, job.provider);
    runner.map_err(|fault| fault.to_string())
}

fn run(
    runner: &mut dyn Runner,
    descriptor: &Descriptor,
    input: &[f32],
    answers: &mut impl Write,
) -> io::Result<()> {
    let mut written = Ok(());
    let ran = runner.run(input, &mut |outputs| {
        written = match other_size(descriptor, outputs) {
            None => wire::write_outputs(answers, outputs),
            Some(said) => wire::write_text(answers, Kind::Failed, &said),
        };
        Ok(())
    });
    written?;
    match ran {
        Ok(()) => Ok(()),
        Err(error) => wire::write_text(answers, Kind::Failed, &error.to_string()),
    }
}

/// What is wrong with the sizes of what the model gave.
fn other_size(descriptor: &Descriptor, outputs: &[Output<'_>]) -> Option<String> {
    let pairs = descriptor.outputs.iter().zip(outputs);
    pairs.into_iter().find_map(|(form, output)| {
        let right = numbers(&form.shape) == Some(output.values.len());
        (!right).then(|| {
            let (name, shape, expected) = (&form.name, output.shape, &form.shape);
            format!("output {name} is {shape:?}, expected {expected:?}")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_job_is_refused_and_an_end_is_an_end() {
        let told = |bytes: &[u8]| {
            let mut from = bytes;
            let served = serve(&mut from, &mut Vec::new());
            served.expect_err("no job").to_string()
        };
        assert!(told(b"").contains("by the program alone"));
        assert!(told(b"GET / HTTP/1.1\r\n\r\n").contains("no message"));
        let mut bytes = Vec::new();
        wire::write(&mut bytes, Kind::Load, &[b"{\"descriptor\":1}"]).expect("memory");
        assert!(told(&bytes).contains("by the program alone"));
    }
}
