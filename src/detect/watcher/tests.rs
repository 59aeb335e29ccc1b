//! The watch with a model that fails in the ways in which models fail.

use std::collections::VecDeque;
use std::sync::atomic::AtomicU32;

use super::*;
use crate::base::clock::MediaTime;
use crate::detect::decode::DecodeError;
use crate::detect::{Descriptor, Output, Runner};
use crate::model::frame::{Colour, Rotation};
use crate::pixels::Picture;

/// What one run of the fake comes to.
enum Run {
    Person,
    NotANumber,
    Wrong(RunError),
}

/// Does what it was told, run by run, and then finds a person each time.
struct Fake {
    provider: Provider,
    runs: VecDeque<Run>,
}

impl Runner for Fake {
    fn run(
        &mut self,
        _input: &[f32],
        see: &mut dyn FnMut(&[Output<'_>]) -> Result<(), DecodeError>,
    ) -> Result<(), RunError> {
        let score = match self.runs.pop_front().unwrap_or(Run::Person) {
            Run::Person => 0.9,
            Run::NotANumber => f32::NAN,
            Run::Wrong(error) => return Err(error),
        };
        see(&[
            Output {
                shape: &[1, 1, 2],
                values: &[0.1, score],
            },
            Output {
                shape: &[1, 1, 4],
                values: &[0.2, 0.2, 0.8, 0.6],
            },
        ])?;
        Ok(())
    }

    fn provider(&self) -> Provider {
        self.provider
    }
}

fn model(provider: Provider, runs: impl IntoIterator<Item = Run>) -> Model {
    let described = serde_json::json!({
        "format": 1, "id": "own", "name": {"kk": "", "ru": "", "en": "own"}, "task": "objects",
        "file": "own.onnx", "sha256": "00", "licence": "MIT",
        "input": {"name": "x", "shape": [1, 3, 8, 8], "layout": "nchw", "colour": "bgr",
            "fit": "stretch", "mean": [0, 0, 0], "std": [1, 1, 1]},
        "decoder": "ssd",
        "outputs": [{"name": "scores", "shape": [1, 1, 2]}, {"name": "boxes", "shape": [1, 1, 4]}],
        "labels": [null, {"id": "person", "kk": "адам", "ru": "человек", "en": "person"}]
    });
    let descriptor: Descriptor = serde_json::from_value(described).expect("a descriptor");
    let runs = runs.into_iter().collect();
    Model::with_runner(descriptor, Box::new(Fake { provider, runs }))
}

struct Street;

impl Eye for Street {
    fn key(&self) -> u64 {
        7
    }

    fn motion(&self) -> f32 {
        0.0
    }

    fn ask(&self, _reply: Sender<Look>) {}
}

/// A watch over one camera, with how often a model was loaded.
fn watch(model: Model, provider: Provider) -> (Worker, Arc<AtomicU32>) {
    let options = Options {
        runtime: PathBuf::new(),
        model: PathBuf::new(),
        provider,
        foreign: Foreign::of_this_program(),
        cores: 1.0,
        least_score: 0.3,
        rates: Rates::default(),
        stills: None,
    };
    let (noticed, _) = bounded(16);
    let told = Told {
        shared: Arc::new(Shared {
            stop: AtomicBool::new(false),
            wanted: Mutex::new(Some(vec![Watched {
                eye: Arc::new(Street),
                camera: CameraId::new("street").expect("an id"),
                main: None,
                rules: Vec::new(),
            }])),
            cores: Mutex::new(1.0),
            seen: Mutex::default(),
            status: Mutex::default(),
        }),
        noticed,
        wake: Arc::new(|| {}),
    };
    let loads = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&loads);
    let load: Load = Box::new(move |provider| {
        counted.fetch_add(1, SeqCst);
        Ok(super::tests::model(provider, []))
    });
    let mut worker = Worker::new(options, load, model, None, told);
    worker.take_wishes(clock::now());
    (worker, loads)
}

fn look() -> Look {
    Look {
        feed: 7,
        picture: Arc::new(Picture {
            serial: 1,
            source_width: 16,
            source_height: 16,
            halvings: 0,
            width: 16,
            height: 16,
            y: vec![90; 256].into(),
            uv: vec![128; 128].into(),
            exact: None,
            colour: Colour::default(),
            rotation: Rotation::None,
            pts: MediaTime(0),
            arrival: clock::now(),
            capture: None,
        }),
    }
}

fn looks(worker: &Worker) -> u64 {
    let seen = worker.shared.seen.lock();
    seen.get(&7).map_or(0, |observation| observation.looks)
}

fn trouble(worker: &Worker) -> Option<String> {
    match &*worker.shared.status.lock() {
        Status::Watching { trouble, .. } => trouble.clone(),
        other => panic!("{other:?}"),
    }
}

fn failed(said: &str) -> Run {
    Run::Wrong(RunError::Failed {
        provider: Provider::Cuda,
        said: said.to_owned(),
    })
}

#[test]
fn a_provider_that_fails_in_mid_run_is_left_and_the_watch_goes_on() {
    let runs = [Run::Person, Run::Person, failed("the device is lost")];
    let (mut worker, loads) = watch(model(Provider::Cuda, runs), Provider::Cuda);
    for _ in 0..10 {
        assert!(worker.look(&look()));
    }
    assert_eq!(looks(&worker), 9, "one look was lost");
    assert_eq!(loads.load(SeqCst), 1, "once");
    worker.tell();
    let status = worker.shared.status.lock().clone();
    let Status::Watching {
        provider, trouble, ..
    } = status
    else {
        panic!("{status:?}");
    };
    assert_eq!(provider, Provider::Cpu);
    let trouble = trouble.expect("told");
    assert!(
        trouble.contains("cuda") && trouble.contains("device is lost"),
        "{trouble}"
    );
}

#[test]
fn numbers_that_are_none_are_told_by_name_and_given_up_after_a_while() {
    let few = (0..4).map(|_| Run::NotANumber);
    let (mut worker, _) = watch(model(Provider::Cpu, few), Provider::Cpu);
    for _ in 0..8 {
        assert!(worker.look(&look()), "a few are borne");
    }
    assert_eq!(looks(&worker), 4);
    let many = (0..5).map(|_| Run::NotANumber);
    let (mut worker, loads) = watch(model(Provider::Cpu, many), Provider::Cpu);
    let goes_on: Vec<bool> = (0..5).map(|_| worker.look(&look())).collect();
    assert_eq!(goes_on, [true, true, true, true, false]);
    assert_eq!(loads.load(SeqCst), 0);
    let status = worker.shared.status.lock().clone();
    assert!(
        matches!(&status, Status::Blind { why } if why.contains("output scores")),
        "{status:?}"
    );
}

#[test]
fn a_model_that_is_started_again_is_waited_for_and_one_given_up_is_told() {
    let own = || "own".to_owned();
    let stopped = || {
        Run::Wrong(RunError::Stopped {
            model: own(),
            said: "a run took longer than 2s".to_owned(),
        })
    };
    let resting = || Run::Wrong(RunError::Resting { model: own() });
    let given_up = Run::Wrong(RunError::GivenUp {
        model: own(),
        said: "its process has ended".to_owned(),
    });
    let mut runs: Vec<Run> = vec![Run::Person, stopped()];
    runs.extend((0..50).map(|_| resting()));
    runs.extend([Run::Person, stopped(), given_up]);
    let (mut worker, loads) = watch(model(Provider::Cpu, runs), Provider::Cpu);
    assert!(worker.look(&look()) && worker.look(&look()));
    let told = trouble(&worker).expect("told");
    assert!(told.contains("the model own was stopped"), "{told}");
    for _ in 0..50 {
        assert!(worker.look(&look()), "it is waited for");
    }
    assert!(worker.look(&look()));
    worker.tell();
    assert_eq!(trouble(&worker), None, "it runs again");
    assert_eq!(looks(&worker), 2);
    assert!(worker.look(&look()));
    assert!(!worker.look(&look()));
    assert_eq!(loads.load(SeqCst), 0);
    let status = worker.shared.status.lock().clone();
    assert!(
        matches!(&status, Status::Blind { why } if why.contains("its process has ended")),
        "{status:?}"
    );
}
