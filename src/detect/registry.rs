//! Models as folders: `model.json` says what the file beside it takes and gives. A customer's own
//! detector is added by putting its folder there; one that is not as its descriptor says is refused
//! with the name of the tensor and what was expected.
//!
//! The form is described in `docs/ref/models.md`.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::base::hex::hex;
use crate::model::camera::Names;
use crate::model::detection::Class;
use crate::pixels::tensor::{Axes, Fit, Form, LONGEST_SIDE, Order};
use crate::words::Language;

/// The newest form of descriptors that is understood.
pub const FORMAT: u32 = 1;
/// The file that describes a model.
pub const DESCRIPTOR: &str = "model.json";
/// No descriptor is longer, bytes.
const LONGEST_DESCRIPTOR: u64 = 1 << 20;
/// No model has more labels.
const MOST_LABELS: usize = 4096;

/// No tensor has more axes.
pub const MOST_AXES: usize = 8;
/// No tensor has more numbers.
const MOST_NUMBERS: usize = 1 << 26;

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Finding objects.
    Objects,
    /// Finding faces.
    Faces,
}

/// How a model's numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DecoderKind {
    /// Scores and distributions of distances for each cell of a few grids.
    Nanodet,
    /// Scores, the first for nothing, and finished boxes.
    Ssd,
    /// Class, objectness, box and points for each cell of a few grids.
    Yunet,
}

/// In which order the input's colours stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Colours {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
}

/// How the input's axes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// `1 × 3 × height × width`.
    Nchw,
    /// `1 × height × width × 3`.
    Nhwc,
}

/// How a picture is brought to the input's size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fitting {
    /// Each side by itself.
    Stretch,
    /// Both sides alike, at the left and top, the rest black.
    LetterboxTopLeft,
    /// Both sides alike, in the middle, the rest the mean.
    Letterbox,
}

/// The tensor that a model takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the file.
    pub name: String,
    /// Its sizes, as in the layout.
    pub shape: Vec<i64>,
    /// How the axes stand.
    pub layout: Layout,
    /// In which order the colours stand.
    pub colour: Colours,
    /// How a picture is brought to this size.
    pub fit: Fitting,
    /// Taken away from each colour, 0..255, in the order of the colours.
    pub mean: [f32; 3],
    /// What is left is divided by this.
    pub std: [f32; 3],
}

/// A tensor that a model gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputForm {
    /// Its name in the file.
    pub name: String,
    /// Its sizes.
    pub shape: Vec<i64>,
}

/// A class that a model tells apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// What rules call it.
    pub id: Class,
    /// In Kazakh.
    pub kk: String,
    /// In Russian.
    pub ru: String,
    /// In English.
    pub en: String,
}

impl Label {
    /// What the operator reads.
    pub fn name(&self, language: Language) -> &str {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

/// What a model takes and gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Descriptor {
    /// Form of this file.
    pub format: u32,
    /// Its id: the folder's name.
    pub id: String,
    /// Its name for people.
    pub name: Names,
    /// What it is for.
    pub task: Task,
    /// The model's file in the same folder.
    pub file: String,
    /// SHA-256 of that file, in hexadecimal.
    pub sha256: String,
    /// The model's licence, an SPDX expression.
    pub licence: String,
    /// The tensor that it takes.
    pub input: Input,
    /// How its numbers are read.
    pub decoder: DecoderKind,
    /// The tensors that it gives, in the order in which the decoder takes them.
    pub outputs: Vec<OutputForm>,
    /// Pixels of the input from one cell of a grid to the next, for each grid.
    #[serde(default)]
    pub strides: Vec<u32>,
    /// Its classes in their order; `null` for those that mean nothing.
    pub labels: Vec<Option<Label>>,
    /// What else is said of it; not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A tensor as a model file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorForm {
    /// Its name.
    pub name: String,
    /// What its numbers are: `f32`.
    pub kind: String,
    /// Its sizes; −1 for one that may be any.
    pub shape: Vec<i64>,
}

/// Why a model is refused.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The descriptor is not one.
    #[error("{}: {said}", path.display())]
    Descriptor {
        /// The file.
        path: PathBuf,
        /// What and where.
        said: String,
    },
    /// Of a program to come.
    #[error("{}: format {found}; this program understands {FORMAT}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
    /// The model's file is not the one that was described.
    #[error("{}: SHA-256 is {found}, expected {expected}", file.display())]
    Hash {
        /// The file.
        file: PathBuf,
        /// What was described.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The runtime does not take the file.
    #[error("{}: {said}", file.display())]
    NotLoaded {
        /// The file.
        file: PathBuf,
        /// What the runtime said.
        said: String,
    },
    /// The process that runs a foreign model did not load it.
    #[error("{said}")]
    Apart {
        /// What it said, or how it ended.
        said: String,
    },
    /// A tensor is missing.
    #[error("the model has no {what} {name}; it has {there}")]
    NoTensor {
        /// `input` or `output`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The names of those that are there.
        there: String,
    },
    /// A tensor is another.
    #[error("{what} {name} is {found}, expected {expected}")]
    OtherTensor {
        /// `input` or `output`.
        what: &'static str,
        /// Its name.
        name: String,
        /// As it is.
        found: String,
        /// As it was described.
        expected: String,
    },
}

impl Descriptor {
    /// Reads the descriptor of the model in `folder`. The model's own file is not looked at.
    ///
    /// # Errors
    /// When it is not there, or says what cannot be.
    pub fn read(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join(DESCRIPTOR);
        let error = |source| Fault::File {
            path: path.clone(),
            source,
        };
        let mut text = String::new();
        fs::File::open(&path)
            .map_err(error)?
            .take(LONGEST_DESCRIPTOR)
            .read_to_string(&mut text)
            .map_err(error)?;
        Self::parse(&text, &path)
    }

    /// Reads the text of a descriptor; `path` is where it was found, for what is wrong with it.
    ///
    /// # Errors
    /// When it says what cannot be.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let said = |said: String| Fault::Descriptor {
            path: path.to_owned(),
            said,
        };
        let head: Head = serde_json::from_str(text).map_err(|e| said(e.to_string()))?;
        if head.format > FORMAT {
            return Err(Fault::Newer {
                path: path.to_owned(),
                found: head.format,
            });
        }
        let read: Self = serde_json::from_str(text).map_err(|e| said(e.to_string()))?;
        read.check().map_err(said)?;
        Ok(read)
    }

    /// What cannot be of what it says.
    fn check(&self) -> Result<(), String> {
        if self.file.is_empty() || Path::new(&self.file).file_name() != Some(self.file.as_ref()) {
            return Err(format!(
                "file: {:?} is no name of a file beside it",
                self.file
            ));
        }
        let [width, height] = self
            .size()
            .ok_or_else(|| format!("input.shape: {:?} holds no picture", self.input.shape))?;
        for (what, values) in [("mean", self.input.mean), ("std", self.input.std)] {
            if !values.iter().all(|value| value.is_finite()) {
                return Err(format!("input.{what}: {values:?} are no numbers"));
            }
        }
        if self.input.std.contains(&0.0) {
            return Err("input.std: nothing can be divided by 0".to_owned());
        }
        if self.labels.is_empty() || self.labels.len() > MOST_LABELS {
            return Err(format!("labels: {} of them", self.labels.len()));
        }
        self.check_form([width as u64, height as u64])
    }

    /// Whether the outputs are ones that the decoder can read.
    fn check_form(&self, [width, height]: [u64; 2]) -> Result<(), String> {
        let grids = self.strides.len();
        let classes = self.labels.len() as i64;
        let cells = |stride: u32| {
            let stride = u64::from(stride);
            (width.div_ceil(stride) * height.div_ceil(stride)) as i64
        };
        let expected: Vec<Vec<i64>> = match self.decoder {
            DecoderKind::Ssd => {
                let anchors = self
                    .outputs
                    .first()
                    .and_then(|scores| scores.shape.get(1).copied())
                    .unwrap_or(0);
                vec![vec![1, anchors, classes], vec![1, anchors, 1, 4]]
            }
            DecoderKind::Nanodet | DecoderKind::Yunet if grids == 0 => {
                return Err("strides: none".to_owned());
            }
            DecoderKind::Nanodet | DecoderKind::Yunet if self.strides.contains(&0) => {
                return Err("strides: 0".to_owned());
            }
            DecoderKind::Nanodet => {
                let bins = self
                    .outputs
                    .get(grids)
                    .and_then(|sides| sides.shape.last().copied())
                    .unwrap_or(0);
                if bins <= 0 || bins % 4 != 0 {
                    return Err(format!("outputs: {bins} numbers for four sides"));
                }
                let of = |depth: i64| self.strides.iter().map(move |s| vec![1, cells(*s), depth]);
                of(classes).chain(of(bins)).collect()
            }
            DecoderKind::Yunet => [1, 1, 4, 10]
                .into_iter()
                .flat_map(|depth| self.strides.iter().map(move |s| vec![1, cells(*s), depth]))
                .collect(),
        };
        if self.outputs.len() != expected.len() {
            return Err(format!(
                "outputs: {}, the decoder takes {}",
                self.outputs.len(),
                expected.len()
            ));
        }
        for (output, expected) in self.outputs.iter().zip(&expected) {
            if numbers(&output.shape).is_none() {
                return Err(format!(
                    "outputs: {} is {:?}, which no tensor is",
                    output.name, output.shape
                ));
            }
            if !same_but_for_ones(&output.shape, expected) {
                return Err(format!(
                    "outputs: {} is {:?}, the decoder takes {expected:?}",
                    output.name, output.shape
                ));
            }
        }
        Ok(())
    }

    /// Width and height of the input in pixels.
    pub fn size(&self) -> Option<[usize; 2]> {
        let [height, width] = match (self.input.layout, self.input.shape.as_slice()) {
            (Layout::Nchw, [1, 3, height, width]) | (Layout::Nhwc, [1, height, width, 3]) => {
                [*height, *width]
            }
            _ => return None,
        };
        let side = |side: i64| {
            usize::try_from(side)
                .ok()
                .filter(|side| (1..=LONGEST_SIDE).contains(side))
        };
        Some([side(width)?, side(height)?])
    }

    /// How a picture is brought into the input.
    pub fn form(&self) -> Form {
        let [width, height] = self.size().unwrap_or_default();
        Form {
            width,
            height,
            order: match self.input.colour {
                Colours::Rgb => Order::Rgb,
                Colours::Bgr => Order::Bgr,
            },
            axes: match self.input.layout {
                Layout::Nchw => Axes::Nchw,
                Layout::Nhwc => Axes::Nhwc,
            },
            fit: match self.input.fit {
                Fitting::Stretch => Fit::Stretch,
                Fitting::LetterboxTopLeft => Fit::LetterboxTopLeft,
                Fitting::Letterbox => Fit::Letterbox,
            },
            mean: self.input.mean,
            std: self.input.std,
        }
    }

    /// What the operator reads for a class.
    pub fn label(&self, class: &Class) -> Option<&Label> {
        self.labels
            .iter()
            .flatten()
            .find(|label| label.id == *class)
    }

    /// The model's file in `folder`, when it is the one that was described.
    ///
    /// # Errors
    /// When it cannot be read or is another.
    pub fn checked_file(&self, folder: &Path) -> Result<PathBuf, Fault> {
        let file = folder.join(&self.file);
        let found = sha256_of(&file).map_err(|source| Fault::File {
            path: file.clone(),
            source,
        })?;
        if found.eq_ignore_ascii_case(&self.sha256) {
            Ok(file)
        } else {
            Err(Fault::Hash {
                file,
                expected: self.sha256.clone(),
                found,
            })
        }
    }

    /// Whether a file with these inputs is the one.
    pub(super) fn check_inputs(&self, inputs: &[TensorForm]) -> Result<(), Fault> {
        check_tensor("input", &self.input.name, &self.input.shape, inputs)
    }

    /// Whether a file with these outputs is the one.
    pub(super) fn check_outputs(&self, outputs: &[TensorForm]) -> Result<(), Fault> {
        self.outputs
            .iter()
            .try_for_each(|output| check_tensor("output", &output.name, &output.shape, outputs))
    }
}

fn check_tensor(
    what: &'static str,
    name: &str,
    shape: &[i64],
    there: &[TensorForm],
) -> Result<(), Fault> {
    let Some(found) = there.iter().find(|tensor| tensor.name == name) else {
        let names: Vec<&str> = there.iter().map(|tensor| tensor.name.as_str()).collect();
        return Err(Fault::NoTensor {
            what,
            name: name.to_owned(),
            there: names.join(", "),
        });
    };
    let fits = found.shape.is_empty()
        || (found.shape.len() == shape.len()
            && found
                .shape
                .iter()
                .zip(shape)
                .all(|(found, expected)| found == expected || *found < 0));
    if found.kind == FLOAT && fits {
        return Ok(());
    }
    Err(Fault::OtherTensor {
        what,
        name: name.to_owned(),
        found: format!("{} {:?}", found.kind, found.shape),
        expected: format!("{FLOAT} {shape:?}"),
    })
}

/// The kind of numbers that models take and give.
const FLOAT: &str = "f32";

/// How many numbers a tensor of this shape has; nothing where none has it, or it has too many.
pub fn numbers(shape: &[i64]) -> Option<usize> {
    if shape.len() > MOST_AXES {
        return None;
    }
    let all = shape.iter().try_fold(1_usize, |all, size| {
        let size = usize::try_from(*size).ok().filter(|size| *size > 0)?;
        all.checked_mul(size)
    });
    all.filter(|all| *all <= MOST_NUMBERS)
}

/// The same sizes, whatever sizes of 1 stand between.
fn same_but_for_ones(a: &[i64], b: &[i64]) -> bool {
    let more =
        |sizes: &[i64]| -> Vec<i64> { sizes.iter().copied().filter(|size| *size != 1).collect() };
    more(a) == more(b)
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
    }
    Ok(hex(&hasher.finalize()))
}

/// A folder of the registry, and what is in it.
#[derive(Debug)]
pub struct Entry {
    /// The model's folder.
    pub folder: PathBuf,
    /// Its descriptor, or why it has none.
    pub descriptor: Result<Descriptor, Fault>,
}

/// All models in `folder`, in the order of their names; nothing where it does not exist.
///
/// # Errors
/// When the folder cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<Entry>, Fault> {
    let error = |source| Fault::File {
        path: folder.to_owned(),
        source,
    };
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(other) => return Err(error(other)),
    };
    let mut found = Vec::new();
    for item in listing {
        let folder = item.map_err(error)?.path();
        if folder.join(DESCRIPTOR).is_file() {
            let descriptor = Descriptor::read(&folder);
            found.push(Entry { folder, descriptor });
        }
    }
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described() -> serde_json::Value {
        serde_json::json!({
            "format": 1, "id": "own", "name": {"kk": "", "ru": "", "en": "own"}, "task": "objects",
            "file": "own.onnx", "sha256": "00", "licence": "MIT",
            "input": {"name": "x", "shape": [1, 3, 64, 32], "layout": "nchw", "colour": "bgr",
                "fit": "stretch", "mean": [0, 0, 0], "std": [1, 1, 1]},
            "decoder": "nanodet", "strides": [8],
            "outputs": [{"name": "scores", "shape": [1, 32, 2]}, {"name": "sides", "shape": [1, 32, 44]}],
            "labels": [{"id": "person", "kk": "адам", "ru": "человек", "en": "person"}, null]
        })
    }

    fn parse(value: &serde_json::Value) -> Result<Descriptor, Fault> {
        Descriptor::parse(&value.to_string(), Path::new("own/model.json"))
    }

    #[test]
    fn what_cannot_be_is_told_with_its_place() {
        parse(&described()).expect("sound");
        for (pointer, value, told) in [
            ("/format", serde_json::json!(2), "understands 1"),
            ("/file", serde_json::json!("../own.onnx"), "file"),
            (
                "/input/shape",
                serde_json::json!([1, 4, 64, 32]),
                "input.shape",
            ),
            (
                "/input/shape",
                serde_json::json!([1, 3, 64, 9000]),
                "input.shape",
            ),
            ("/input/std", serde_json::json!([1, 0, 1]), "input.std"),
            ("/input/colour", serde_json::json!("cmyk"), "cmyk"),
            ("/decoder", serde_json::json!("oracle"), "oracle"),
            ("/strides", serde_json::json!([0]), "strides"),
            ("/strides", serde_json::json!([]), "strides"),
            ("/strides", serde_json::json!([16]), "scores"),
            ("/outputs/1/shape", serde_json::json!([1, 32, 43]), "43"),
            ("/outputs/0/shape", serde_json::json!([1, 32, 80]), "scores"),
            (
                "/outputs/1/shape",
                serde_json::json!([1, 32, i64::MAX / 4 * 4]),
                "no tensor",
            ),
            (
                "/outputs/0/shape",
                serde_json::json!([1, 1, 1, 1, 1, 1, 1, 32, 2]),
                "no tensor",
            ),
            ("/labels", serde_json::json!([]), "labels"),
        ] {
            let mut changed = described();
            *changed.pointer_mut(pointer).expect("a place") = value;
            let error = parse(&changed).expect_err(pointer).to_string();
            assert!(error.contains(told), "{pointer}: {error}");
            assert!(error.contains("own/model.json"), "{pointer}: {error}");
        }
        let mut more = described();
        more["surprise"] = serde_json::json!(1);
        let error = parse(&more).expect_err("unknown").to_string();
        assert!(error.contains("surprise"), "{error}");
    }

    #[test]
    fn a_file_with_other_tensors_is_refused_by_name() {
        let descriptor = parse(&described()).expect("sound");
        let tensor = |name: &str, kind: &str, shape: &[i64]| TensorForm {
            name: name.to_owned(),
            kind: kind.to_owned(),
            shape: shape.to_vec(),
        };
        let right = tensor("x", FLOAT, &[1, 3, 64, 32]);
        descriptor.check_inputs(&[right]).expect("fits");
        descriptor
            .check_inputs(&[tensor("x", FLOAT, &[-1, 3, -1, -1])])
            .expect("any size");
        let other = |found: TensorForm| {
            let told = descriptor.check_inputs(&[found]);
            told.expect_err("other").to_string()
        };
        let told = other(tensor("y", FLOAT, &[1, 3, 64, 32]));
        assert!(told.contains("no input x") && told.contains('y'), "{told}");
        let told = other(tensor("x", "u8", &[1, 3, 64, 32]));
        assert!(told.contains("u8") && told.contains("f32"), "{told}");
        let told = other(tensor("x", FLOAT, &[1, 3, 416, 416]));
        assert!(told.contains("416") && told.contains("64"), "{told}");
        let told = descriptor.check_outputs(&[tensor("scores", FLOAT, &[1, 32, 2])]);
        let told = told.expect_err("no sides").to_string();
        assert!(told.contains("no output sides"), "{told}");
    }

    #[test]
    fn a_file_that_was_changed_is_refused_with_both_hashes() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("own.onnx"), b"model").expect("a file");
        let mut described = described();
        let right = sha256_of(&folder.path().join("own.onnx")).expect("a hash");
        described["sha256"] = right.clone().into();
        let descriptor = parse(&described).expect("sound");
        descriptor.checked_file(folder.path()).expect("the one");
        fs::write(folder.path().join("own.onnx"), b"mode").expect("a file");
        let told = descriptor.checked_file(folder.path());
        let told = told.expect_err("cut short").to_string();
        assert!(told.contains(&right), "{told}");
    }

    #[test]
    fn a_folder_with_a_bad_model_still_has_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("bad", "{\"format\": 1".to_owned()),
            ("good", described().to_string()),
        ] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
            fs::write(folder.path().join(name).join(DESCRIPTOR), text).expect("a file");
        }
        fs::create_dir(folder.path().join("empty")).expect("a folder");
        let entries = entries(folder.path()).expect("a list");
        assert_eq!(entries.len(), 2);
        assert!(entries[0].descriptor.is_err() && entries[1].descriptor.is_ok());
    }
}
