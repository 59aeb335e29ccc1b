//! `NanoDet`: for each cell of a few grids scores, and for each side of the box a distribution over
//! whole distances (generalised focal loss: Li et al., 2020, equation 6).
//!
//! Outputs: scores of each grid, then distances of each grid, `4 × bins` a cell in the order left,
//! top, right, bottom; the distance is the distribution's mean, in strides, from the cell's middle.

use super::{Candidate, DecodeError, Decoder, Output, are_numbers, largest};

pub(super) fn read(
    decoder: &Decoder,
    outputs: &[Output<'_>],
    least: f32,
    candidates: &mut Vec<Candidate>,
) -> Result<(), DecodeError> {
    let grids = decoder.strides.len();
    let classes = decoder.classes.len();
    for (grid, stride) in decoder.strides.iter().enumerate() {
        let (scores, sides) = (outputs[grid].values, outputs[grids + grid].values);
        for (tensor, values) in [(grid, scores), (grids + grid, sides)] {
            if !are_numbers(values) {
                return Err(decoder.not_numbers(tensor));
            }
        }
        let [columns, rows] = decoder.grid(*stride);
        let bins = sides.len() / (4 * columns * rows);
        let length = *stride as f32;
        for (cell, row) in scores.chunks_exact(classes).enumerate() {
            // Most cells hold nothing, which is seen sooner than which of it is largest.
            if row.iter().all(|score| *score < least) {
                continue;
            }
            let (class, score) = largest(row);
            let mut distances = [0.0; 4];
            let sides = &sides[cell * 4 * bins..(cell + 1) * 4 * bins];
            for (distance, side) in distances.iter_mut().zip(sides.chunks_exact(bins)) {
                *distance = mean_of(side) * length;
            }
            let centre_x = ((cell % columns) as f32 + 0.5) * length;
            let centre_y = ((cell / columns) as f32 + 0.5) * length;
            candidates.push(Candidate {
                class,
                score,
                edges: [
                    centre_x - distances[0],
                    centre_y - distances[1],
                    centre_x + distances[2],
                    centre_y + distances[3],
                ],
            });
        }
    }
    Ok(())
}

/// The mean of the distribution over 0, 1, 2 … whose logarithms (but for a sum) are given.
fn mean_of(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut weighted) = (0.0, 0.0);
    for (index, logit) in logits.iter().enumerate() {
        let share = (logit - most).exp();
        sum += share;
        weighted += share * index as f32;
    }
    weighted / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_that_of_the_distribution() {
        assert!((mean_of(&[0.0; 11]) - 5.0).abs() < 1e-5);
        let mut sure = [0.0; 11];
        sure[7] = 1000.0;
        assert!((mean_of(&sure) - 7.0).abs() < 1e-5);
        assert!((mean_of(&[0.0, 3.0_f32.ln()]) - 0.75).abs() < 1e-5);
    }
}
