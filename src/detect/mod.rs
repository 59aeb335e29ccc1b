//! Detectors: models run on pictures that are decoded already.
//!
//! ```text
//! Eye (a camera) ─ motion ─► plan: who is next ─► ask ─► newest picture ─► tensor ─► runner ─► decode ─► Detection
//! ```
//!
//! * `runtime`: ONNX Runtime, loaded when the program runs; the only file that names it.
//! * `own`: which models are ours. * `child`: the others, each in a process of its own.
//! * [`registry`]: a model is a folder with a descriptor; what does not fit it is refused.
//! * [`decode`]: from a model's numbers to detections.
//! * [`model`]: a model that is loaded: one picture in, detections out.
//! * [`plan`]: whose turn it is, and the budget; plain functions.
//! * `stills`: what was noticed, as a picture.
//! * `observer`: one camera, look after look. * `watcher`: the thread that looks at all of them.
//!
//! Belongs here: models, and which camera is looked at when. Does not: tracks, rules and facts
//! (`model::detection`), the arithmetic on planes (`pixels`), decoders of video (`media`).

mod child;
pub mod decode;
pub mod model;
mod observer;
mod own;
pub mod plan;
pub mod registry;
mod runtime;
mod stills;
mod watcher;

pub use child::{ChildRunner, Foreign, MEMORY_MIB, WorkerError, run_model_worker};
pub use model::{Cost, Model, ModelError};
pub use observer::{Observation, Observer, Taken};
pub use own::is_ours;
pub use registry::{Descriptor, Fault, Task};
pub use runtime::{Provider, Runtime, RuntimeError};
pub use watcher::{Counts, Eye, Noticed, Options, Status, Watched, Watcher};

use std::time::Duration;

/// What runs a model's numbers: ONNX Runtime in this process or in another, or a fake of a test.
pub trait Runner: Send {
    /// Gives the input tensor to the model and its outputs to `see`, in the descriptor's order.
    ///
    /// # Errors
    /// When the model or its provider fails.
    fn run(
        &mut self,
        input: &[f32],
        see: &mut dyn FnMut(&[Output<'_>]) -> Result<(), decode::DecodeError>,
    ) -> Result<(), RunError>;

    /// Where it runs, as the doctor names it.
    fn provider(&self) -> Provider;

    /// Whether it runs in a process of its own.
    fn is_apart(&self) -> bool {
        false
    }

    /// Processor time that the last run took in another process, as far as that is known.
    fn spent_apart(&self) -> Option<Duration> {
        None
    }
}

/// One output of a model.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// Its sizes.
    pub shape: &'a [i64],
    /// Its numbers, row by row.
    pub values: &'a [f32],
}

/// A run gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The runtime or its provider failed.
    #[error("the model does not run on {provider}: {said}")]
    Failed {
        /// Where it ran.
        provider: Provider,
        /// What it said.
        said: String,
    },
    /// The model's own process was ended, or has; there will be another.
    #[error("the model {model} was stopped: {said}")]
    Stopped {
        /// Its id.
        model: String,
        /// Why.
        said: String,
    },
    /// The model's next process is waited for.
    #[error("the model {model} is being started again")]
    Resting {
        /// Its id.
        model: String,
    },
    /// The model's processes ended too often.
    #[error("the model {model} was stopped and is not started again: {said}")]
    GivenUp {
        /// Its id.
        model: String,
        /// Why.
        said: String,
    },
    /// The numbers make no sense.
    #[error(transparent)]
    Decode(#[from] decode::DecodeError),
}
