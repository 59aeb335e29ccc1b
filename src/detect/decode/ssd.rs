//! SSD with finished boxes: scores of each anchor, the first class being nothing, and boxes as top,
//! left, bottom, right in shares of the input (`TensorFlow` object detection API).

use super::{Candidate, DecodeError, Decoder, Output, are_numbers};

pub(super) fn read(
    decoder: &Decoder,
    outputs: &[Output<'_>],
    least: f32,
    candidates: &mut Vec<Candidate>,
) -> Result<(), DecodeError> {
    let classes = decoder.classes.len();
    let (scores, boxes) = (outputs[0].values, outputs[1].values);
    for (tensor, values) in [scores, boxes].into_iter().enumerate() {
        if !are_numbers(values) {
            return Err(decoder.not_numbers(tensor));
        }
    }
    let [width, height] = decoder.size.map(|side| side as f32);
    for (row, edges) in scores.chunks_exact(classes).zip(boxes.chunks_exact(4)) {
        if row[1..].iter().all(|score| *score < least) {
            continue;
        }
        let named = row.iter().zip(&decoder.classes).enumerate();
        let best = named
            .filter(|(_, (score, class))| class.is_some() && **score >= least)
            .max_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b));
        let Some((class, (score, _))) = best else {
            continue;
        };
        candidates.push(Candidate {
            class,
            score: *score,
            edges: [
                edges[1] * width,
                edges[0] * height,
                edges[3] * width,
                edges[2] * height,
            ],
        });
    }
    Ok(())
}
