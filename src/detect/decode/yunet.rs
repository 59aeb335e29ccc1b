//! `YuNet`: for each cell of a few grids how much it is a face, how surely there is one, the box and
//! five points (Wu et al., 2023).
//!
//! Outputs: class, objectness, box (shift of the middle, logarithm of the size, all in strides) and
//! points of each grid. The score is the geometric mean of the first two.

use super::{Candidate, DecodeError, Decoder, Output, are_numbers};

pub(super) fn read(
    decoder: &Decoder,
    outputs: &[Output<'_>],
    least: f32,
    candidates: &mut Vec<Candidate>,
) -> Result<(), DecodeError> {
    let grids = decoder.strides.len();
    for (grid, stride) in decoder.strides.iter().enumerate() {
        let of = |kind: usize| outputs[kind * grids + grid].values;
        for kind in 0..3 {
            if !are_numbers(of(kind)) {
                return Err(decoder.not_numbers(kind * grids + grid));
            }
        }
        let [columns, _] = decoder.grid(*stride);
        let length = *stride as f32;
        let cells = of(0).iter().zip(of(1)).zip(of(2).chunks_exact(4));
        for (cell, ((class, object), edges)) in cells.enumerate() {
            let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
            if score < least {
                continue;
            }
            let centre_x = ((cell % columns) as f32 + edges[0]) * length;
            let centre_y = ((cell / columns) as f32 + edges[1]) * length;
            let (half_width, half_height) =
                (edges[2].exp() * length / 2.0, edges[3].exp() * length / 2.0);
            candidates.push(Candidate {
                class: 0,
                score,
                edges: [
                    centre_x - half_width,
                    centre_y - half_height,
                    centre_x + half_width,
                    centre_y + half_height,
                ],
            });
        }
    }
    Ok(())
}
