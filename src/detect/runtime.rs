//! ONNX Runtime, loaded from a shared library when the program runs: where it is not there, the
//! wall works on and says what is missing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ort::environment::Environment;
use ort::session::builder::GraphOptimizationLevel;
use ort::session::{Session, SessionInputValue};
use ort::value::{TensorRef, ValueType};
use serde::{Deserialize, Serialize};

use super::decode::DecodeError;
use super::registry::{Descriptor, Fault, TensorForm};
use super::{Output, RunError, Runner};

/// Where models run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// The processor: always there.
    #[default]
    Cpu,
    /// NVIDIA's CUDA.
    Cuda,
    /// NVIDIA's TensorRT; untested.
    TensorRt,
    /// Intel's OpenVINO; untested.
    OpenVino,
    /// Microsoft's DirectML; untested.
    DirectMl,
    /// AMD's `MIGraphX`; untested.
    MiGraphX,
}

impl Provider {
    /// All, the one that is always there first.
    pub const ALL: [Self; 6] = [
        Self::Cpu,
        Self::Cuda,
        Self::TensorRt,
        Self::OpenVino,
        Self::DirectMl,
        Self::MiGraphX,
    ];

    /// Its name in the settings.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensor-rt",
            Self::OpenVino => "open-vino",
            Self::DirectMl => "direct-ml",
            Self::MiGraphX => "mi-graph-x",
        }
    }

    /// Whether anybody has seen it work with this program.
    pub const fn is_tested(self) -> bool {
        matches!(self, Self::Cpu)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// ONNX Runtime is not there, or not as it must be.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RuntimeError {
    /// No file.
    #[error("{} is missing: run models/fetch.py", .0.display())]
    Missing(PathBuf),
    /// The file cannot be loaded.
    #[error("{}: {said}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// What the system said.
        said: String,
    },
}

/// The library, loaded once for the whole process.
#[derive(Clone, Copy)]
pub struct Runtime {
    environment: &'static Environment,
    path: &'static Path,
}

impl Runtime {
    /// Loads the library at `path`; whichever was loaded first stays.
    ///
    /// # Errors
    /// When it is not there, or is another library.
    pub fn load(path: &Path) -> Result<Self, RuntimeError> {
        static LOADED: OnceLock<Result<(Environment, PathBuf), RuntimeError>> = OnceLock::new();
        if !path.is_file() {
            return Err(RuntimeError::Missing(path.to_owned()));
        }
        let load = || {
            let error = |said: String| RuntimeError::Load {
                path: path.to_owned(),
                said,
            };
            ort::init_from(path)
                .map_err(|failed| error(failed.to_string()))?
                .with_name("qyran")
                .with_telemetry(false)
                .build()
                .map(|environment| (environment, path.to_owned()))
                .map_err(|failed| error(failed.to_string()))
        };
        match LOADED.get_or_init(load) {
            Ok((environment, path)) => Ok(Self { environment, path }),
            Err(error) => Err(error.clone()),
        }
    }

    /// The library's file.
    pub fn path(&self) -> &'static Path {
        self.path
    }

    /// The library's own description of itself.
    pub fn description(&self) -> &'static str {
        ort::info()
    }

    /// Opens the model file of `descriptor`, and holds its tensors against it.
    ///
    /// # Errors
    /// When the file is no model, needs what the runtime has not, or has other tensors.
    pub fn open(
        &self,
        descriptor: &Descriptor,
        file: &Path,
        provider: Provider,
    ) -> Result<Box<dyn Runner>, Fault> {
        let session = self
            .session(file, provider)
            .map_err(|said| Fault::NotLoaded {
                file: file.to_owned(),
                said,
            })?;
        let inputs = session.inputs().iter().map(outlet);
        descriptor.check_inputs(&inputs.collect::<Vec<_>>())?;
        let outputs = session.outputs().iter().map(outlet);
        descriptor.check_outputs(&outputs.collect::<Vec<_>>())?;
        Ok(Box::new(OnnxRunner {
            session,
            provider,
            input: descriptor.input.name.clone(),
            shape: descriptor.input.shape.clone(),
            outputs: descriptor
                .outputs
                .iter()
                .map(|output| output.name.clone())
                .collect(),
        }))
    }

    fn session(&self, file: &Path, provider: Provider) -> Result<Session, String> {
        let said = |error: &dyn fmt::Display| error.to_string();
        let mut builder = Session::builder(self.environment).map_err(|e| said(&e))?;
        if provider != Provider::Cpu {
            let wanted = dispatch(provider).error_on_failure();
            builder = builder
                .with_execution_providers([wanted])
                .map_err(|e| said(&e))?;
        }
        // One thread: two cost about twice the processor's time for a look.
        builder
            .with_intra_threads(1)
            .map_err(|e| said(&e))?
            .with_intra_op_spinning(false)
            .map_err(|e| said(&e))?
            .with_inter_op_spinning(false)
            .map_err(|e| said(&e))?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(|e| said(&e))?
            .commit_from_file(file)
            .map_err(|e| said(&e))
    }
}

fn dispatch(provider: Provider) -> ort::ep::ExecutionProviderDispatch {
    match provider {
        Provider::Cpu => ort::ep::CPU::default().build(),
        Provider::Cuda => ort::ep::CUDA::default().build(),
        Provider::TensorRt => ort::ep::TensorRT::default().build(),
        Provider::OpenVino => ort::ep::OpenVINO::default().build(),
        Provider::DirectMl => ort::ep::DirectML::default().build(),
        Provider::MiGraphX => ort::ep::MIGraphX::default().build(),
    }
}

/// A tensor of the file as the descriptor would write it.
fn outlet(outlet: &ort::value::Outlet) -> TensorForm {
    let (kind, shape) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => (ty.to_string(), shape.iter().copied().collect()),
        other => (format!("{other:?}"), Vec::new()),
    };
    TensorForm {
        name: outlet.name().to_owned(),
        kind,
        shape,
    }
}

struct OnnxRunner {
    session: Session,
    provider: Provider,
    input: String,
    shape: Vec<i64>,
    outputs: Vec<String>,
}

impl Runner for OnnxRunner {
    fn run(
        &mut self,
        input: &[f32],
        see: &mut dyn FnMut(&[Output<'_>]) -> Result<(), DecodeError>,
    ) -> Result<(), RunError> {
        let provider = self.provider;
        let failed = |error: ort::Error| RunError::Failed {
            provider,
            said: error.to_string(),
        };
        let tensor = TensorRef::from_array_view((self.shape.clone(), input)).map_err(failed)?;
        let inputs = vec![(self.input.as_str(), SessionInputValue::from(tensor))];
        let outputs = self.session.run(inputs).map_err(failed)?;
        let mut views = Vec::with_capacity(self.outputs.len());
        for name in &self.outputs {
            let Some(value) = outputs.get(name) else {
                return Err(RunError::Failed {
                    provider,
                    said: format!("no output {name}"),
                });
            };
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            views.push(Output { shape, values });
        }
        see(&views).map_err(RunError::from)
    }

    fn provider(&self) -> Provider {
        self.provider
    }
}
