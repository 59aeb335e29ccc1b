//! What all of these tests need: the runtime, a model, a clip.

use std::path::PathBuf;

use qyran::app::eyes::model_folder;
use qyran::city::footage;
use qyran::detect::{Model, Provider, Runtime};
use qyran::media;
use qyran::media::clip::Clip;
use qyran::store::paths::Paths;

pub(crate) const WIDE: &str = "nanodet-g-416x256";

fn paths() -> Paths {
    Paths::find(None, None).expect("a home")
}

pub(crate) fn runtime() -> Runtime {
    Runtime::load(&paths().model_runtime()).expect("ONNX Runtime: run models/fetch.py")
}

pub(crate) fn folder(id: &str) -> PathBuf {
    model_folder(&paths().model_folders(None), id)
}

pub(crate) fn model(id: &str) -> Model {
    Model::load(runtime(), &folder(id), Provider::Cpu).expect("the model: run models/fetch.py")
}

/// A clip of the demo city.
pub(crate) fn clip(name: &str) -> Clip {
    media::init().expect("GStreamer");
    let folder = footage::default_dir().expect("a home");
    Clip::open(&folder.join(name)).expect("the clip: run make footage")
}
