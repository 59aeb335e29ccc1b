//! A model that is loaded: a picture in, detections out.

use std::path::Path;
use std::time::Duration;

use super::decode::Decoder;
use super::registry::{Descriptor, Fault};
use super::{ChildRunner, Foreign, Provider, RunError, Runner, Runtime, is_ours};
use crate::base::clock;
use crate::model::detection::{Detection, Region};
use crate::pixels::tensor::{self, Form, TensorError};
use crate::pixels::{Picture, Pool};

/// A look gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The picture cannot be brought into the model's form.
    #[error(transparent)]
    Picture(#[from] TensorError),
    /// The model did not run, or gave what makes no sense.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// How long the parts of a look took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// From planes to the tensor.
    pub preprocess: Duration,
    /// The model itself.
    pub run: Duration,
    /// From its numbers to detections.
    pub decode: Duration,
}

/// A model that is loaded.
pub struct Model {
    descriptor: Descriptor,
    form: Form,
    decoder: Decoder,
    runner: Box<dyn Runner>,
    input: Vec<f32>,
    pool: Pool,
    /// What the last look cost in another process.
    apart: Option<Duration>,
}

/// Boxes of one class in two parts of a picture are one when the smaller lies in the larger by this
/// share: a part that cuts somebody sees only a piece of them.
const SAME_IN_PARTS: f32 = 0.6;

/// Buffers kept for pictures that are halved on their way.
const BUFFERS_KEPT: usize = 4;

impl Model {
    /// Loads the model in `folder`: its file must be the one that was described, and have the
    /// tensors that were described. One that is not ours runs in a process of this program, which
    /// must be `qyran` itself.
    ///
    /// # Errors
    /// When it is not.
    pub fn load(runtime: Runtime, folder: &Path, provider: Provider) -> Result<Self, Fault> {
        Self::open(runtime, folder, provider, &Foreign::of_this_program())
    }

    /// The same; `foreign` says how models that are not ours run.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn open(
        runtime: Runtime,
        folder: &Path,
        provider: Provider,
        foreign: &Foreign,
    ) -> Result<Self, Fault> {
        let descriptor = Descriptor::read(folder)?;
        if !is_ours(&descriptor) {
            let path = runtime.path();
            let runner = ChildRunner::start(&descriptor, folder, path, provider, foreign)?;
            return Ok(Self::with_runner(descriptor, Box::new(runner)));
        }
        let file = descriptor.checked_file(folder)?;
        let runner = runtime.open(&descriptor, &file, provider)?;
        Ok(Self::with_runner(descriptor, runner))
    }

    /// A model that something else runs.
    pub fn with_runner(descriptor: Descriptor, runner: Box<dyn Runner>) -> Self {
        Self {
            form: descriptor.form(),
            decoder: Decoder::new(&descriptor),
            descriptor,
            runner,
            input: Vec::new(),
            pool: Pool::new(BUFFERS_KEPT),
            apart: None,
        }
    }

    /// What it takes and gives.
    pub fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Where it runs.
    pub fn provider(&self) -> Provider {
        self.runner.provider()
    }

    /// Looks at several parts of a picture; what is found in more than one of them is added to
    /// `found` once.
    ///
    /// # Errors
    /// As [`Self::look`]; what was found in earlier parts stays.
    pub fn look_at_parts(
        &mut self,
        picture: &Picture,
        parts: &[Region],
        least_score: f32,
        found: &mut Vec<Detection>,
    ) -> Result<Cost, ModelError> {
        let before = found.len();
        let mut cost = Cost::default();
        let mut apart = None;
        for part in parts {
            let one = self.look(picture, *part, least_score, found);
            if let Some(spent) = self.apart {
                apart = Some(apart.unwrap_or(Duration::ZERO) + spent);
            }
            self.apart = apart;
            let one = one?;
            cost.preprocess += one.preprocess;
            cost.run += one.run;
            cost.decode += one.decode;
        }
        if parts.len() > 1 {
            let begun = clock::now();
            let mut all = found.split_off(before);
            join_parts(&mut all);
            found.append(&mut all);
            cost.decode += begun.elapsed();
        }
        Ok(cost)
    }

    /// Whether it is foreign, and runs in a process of its own.
    pub fn is_apart(&self) -> bool {
        self.runner.is_apart()
    }

    /// Processor time that the last look took in another process, as far as that is known.
    pub fn spent_apart(&self) -> Option<Duration> {
        self.apart
    }

    /// Looks at a part of a picture; what is found is added to `found`, placed in the whole
    /// upright picture, the surest first.
    ///
    /// # Errors
    /// When the picture is not what it says, the model fails, or gives what makes no sense.
    pub fn look(
        &mut self,
        picture: &Picture,
        part: Region,
        least_score: f32,
        found: &mut Vec<Detection>,
    ) -> Result<Cost, ModelError> {
        let begun = clock::now();
        let placement = tensor::fill(picture, part, &self.form, &self.pool, &mut self.input)?;
        let filled = clock::now();
        let decoder = &mut self.decoder;
        let mut decode = Duration::ZERO;
        let ran = self.runner.run(&self.input, &mut |outputs| {
            let begun = clock::now();
            let decoded = decoder.decode(outputs, least_score, &placement, found);
            decode = begun.elapsed();
            decoded
        });
        self.apart = self.runner.spent_apart();
        ran?;
        Ok(Cost {
            preprocess: filled - begun,
            run: filled.elapsed().saturating_sub(decode),
            decode,
        })
    }
}

/// Of the boxes of one thing that several parts found, leaves the largest that is nearly as sure as
/// the surest.
fn join_parts(found: &mut Vec<Detection>) {
    // Whole things first: a piece of somebody may be surer than the whole.
    found.sort_by(|a, b| {
        let weight = |one: &Detection| one.region.area().sqrt() * one.score;
        weight(b).total_cmp(&weight(a))
    });
    let mut kept: Vec<Detection> = Vec::with_capacity(found.len());
    for one in found.drain(..) {
        let same = kept.iter_mut().find(|other| {
            let smaller = one.region.area().min(other.region.area());
            let common = one.region.common(&other.region);
            let common = if common.is_sound() {
                common.area()
            } else {
                0.0
            };
            other.class == one.class && common > SAME_IN_PARTS * smaller
        });
        match same {
            Some(other) => other.score = other.score.max(one.score),
            None => kept.push(one),
        }
    }
    kept.sort_by(|a, b| b.score.total_cmp(&a.score));
    *found = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_parts_see_is_one() {
        let one = |class: &str, score, region: [f32; 4]| Detection {
            class: class.into(),
            score,
            region: region.into(),
        };
        let mut found = vec![
            // Somebody on the edge of two tiles: whole in one, the legs in the other.
            one("person", 0.9, [0.40, 0.60, 0.50, 0.80]),
            one("person", 0.8, [0.40, 0.40, 0.50, 0.80]),
            // The same box from the whole picture and a tile.
            one("car", 0.5, [0.10, 0.10, 0.20, 0.20]),
            one("car", 0.7, [0.10, 0.11, 0.20, 0.20]),
            // Somebody close by is somebody else; so is another class at the place.
            one("person", 0.6, [0.49, 0.40, 0.59, 0.80]),
            one("backpack", 0.4, [0.42, 0.45, 0.48, 0.60]),
        ];
        join_parts(&mut found);
        let left: Vec<(&str, f32)> = found.iter().map(|d| (d.class.as_str(), d.score)).collect();
        assert_eq!(
            left,
            [
                ("person", 0.9),
                ("car", 0.7),
                ("person", 0.6),
                ("backpack", 0.4)
            ]
        );
        assert_eq!(found[0].region.top, 0.4, "the whole person stays");
    }
}
