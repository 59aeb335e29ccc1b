//! From a model's numbers to detections: plain functions, one file for each family of models.

mod nanodet;
mod ssd;
mod suppress;
mod yunet;

use super::Output;
use super::registry::{DecoderKind, Descriptor, numbers};
use crate::model::detection::{Class, Detection};
use crate::pixels::tensor::Placement;

/// No more detections of one look are kept: the surest.
pub const MOST_DETECTIONS: usize = 300;
/// No more candidates of one look are compared with each other: the surest.
const MOST_CANDIDATES: usize = 1000;
/// Boxes of one class that overlap by more than this are one (IoU), as the models were trained.
const SAME: f32 = 0.5;

/// A model's numbers make no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not a number, or infinite.
    #[error("output {tensor} of the model holds numbers that are none")]
    NotNumbers {
        /// Name of the output.
        tensor: String,
    },
    /// Other sizes than described.
    #[error("output {tensor} of the model holds {found} numbers, expected {expected}")]
    Size {
        /// Name of the output.
        tensor: String,
        /// How many there are.
        found: usize,
        /// How many were described.
        expected: usize,
    },
}

/// A place that may hold something, in pixels of the tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Candidate {
    class: usize,
    score: f32,
    /// Left, top, right, bottom.
    edges: [f32; 4],
}

/// Reads the outputs of one model.
pub struct Decoder {
    kind: DecoderKind,
    size: [usize; 2],
    strides: Vec<u32>,
    classes: Vec<Option<Class>>,
    /// Name and length of each output.
    outputs: Vec<(String, usize)>,
    candidates: Vec<Candidate>,
}

impl Decoder {
    /// The decoder that `descriptor` asks for.
    pub fn new(descriptor: &Descriptor) -> Self {
        let labels = descriptor.labels.iter();
        Self {
            kind: descriptor.decoder,
            size: descriptor.size().unwrap_or_default(),
            strides: descriptor.strides.clone(),
            classes: labels
                .map(|label| label.as_ref().map(|label| label.id.clone()))
                .collect(),
            outputs: descriptor
                .outputs
                .iter()
                .map(|output| (output.name.clone(), numbers(&output.shape).unwrap_or(0)))
                .collect(),
            candidates: Vec::new(),
        }
    }

    /// What is at least so sure, the surest first, placed in the picture.
    ///
    /// # Errors
    /// When the outputs have other sizes than described, or hold what is no number.
    pub fn decode(
        &mut self,
        outputs: &[Output<'_>],
        least_score: f32,
        placement: &Placement,
        found: &mut Vec<Detection>,
    ) -> Result<(), DecodeError> {
        for (tensor, (name, expected)) in self.outputs.iter().enumerate() {
            let there = outputs.get(tensor).map_or(0, |output| output.values.len());
            if there != *expected {
                return Err(DecodeError::Size {
                    tensor: name.clone(),
                    found: there,
                    expected: *expected,
                });
            }
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        // A score of nothing is none.
        let least = least_score.max(f32::MIN_POSITIVE);
        let read = match self.kind {
            DecoderKind::Nanodet => nanodet::read(self, outputs, least, &mut candidates),
            DecoderKind::Ssd => ssd::read(self, outputs, least, &mut candidates),
            DecoderKind::Yunet => yunet::read(self, outputs, least, &mut candidates),
        };
        if read.is_ok() {
            suppress::suppress(&mut candidates, SAME, MOST_CANDIDATES, MOST_DETECTIONS);
            found.extend(candidates.iter().filter_map(|candidate| {
                let class = self.classes.get(candidate.class)?.clone()?;
                let [left, top, right, bottom] = candidate.edges;
                let region = placement.region(left, top, right, bottom);
                region.is_sound().then_some(Detection {
                    class,
                    score: candidate.score.min(1.0),
                    region,
                })
            }));
        }
        self.candidates = candidates;
        read
    }

    fn not_numbers(&self, tensor: usize) -> DecodeError {
        let output = self.outputs.get(tensor);
        DecodeError::NotNumbers {
            tensor: output.map_or_else(|| tensor.to_string(), |(name, _)| name.clone()),
        }
    }

    /// Columns and rows of the grid of a stride.
    fn grid(&self, stride: u32) -> [usize; 2] {
        self.size.map(|side| side.div_ceil(stride as usize))
    }
}

/// The largest value of a row and its index; values that are no number are never the largest.
fn largest(row: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (index, value) in row.iter().enumerate() {
        if *value > best.1 {
            best = (index, *value);
        }
    }
    best
}

/// Whether all are numbers, at a fraction of the price of asking each.
fn are_numbers(values: &[f32]) -> bool {
    use wide::f32x8;
    let (blocks, rest) = values.as_chunks::<8>();
    // 0 × anything is 0, but for infinity and what is no number.
    let sum = blocks.iter().fold(f32x8::ZERO, |sum, block| {
        sum + f32x8::from(*block) * f32x8::ZERO
    });
    let sum = sum.reduce_add() + rest.iter().map(|value| value * 0.0).sum::<f32>();
    sum == 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_that_is_none_is_found_wherever_it_is() {
        let mut values = vec![0.25_f32; 37];
        assert!(are_numbers(&values));
        for at in [0, 7, 8, 31, 32, 36] {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                values[at] = bad;
                assert!(!are_numbers(&values), "{bad} at {at}");
                values[at] = 0.25;
            }
        }
    }

    #[test]
    fn the_largest_is_found_beside_what_is_no_number() {
        assert_eq!(largest(&[0.1, f32::NAN, 0.7, 0.3]), (2, 0.7));
        assert_eq!(largest(&[f32::NAN]).1, f32::NEG_INFINITY);
    }
}
