//! Of boxes of one class that lie on each other only the surest stays (greedy non-maximum
//! suppression).

use super::Candidate;

/// Leaves the `keep` surest of the `compare` surest candidates, without those that overlap a surer
/// one of the same class by more than `same` (IoU); sorted, the surest first.
pub(super) fn suppress(candidates: &mut Vec<Candidate>, same: f32, compare: usize, keep: usize) {
    candidates.sort_unstable_by(|a, b| b.score.total_cmp(&a.score));
    candidates.truncate(compare);
    let mut kept = 0;
    for index in 0..candidates.len() {
        if kept == keep {
            break;
        }
        let candidate = candidates[index];
        let is_same = |other: &Candidate| {
            other.class == candidate.class && iou(&other.edges, &candidate.edges) > same
        };
        if !candidates[..kept].iter().any(is_same) {
            candidates[kept] = candidate;
            kept += 1;
        }
    }
    candidates.truncate(kept);
}

fn iou(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let area = |edges: &[f32; 4]| (edges[2] - edges[0]).max(0.0) * (edges[3] - edges[1]).max(0.0);
    let common = area(&[
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ]);
    let all = area(a) + area(b) - common;
    if all > 0.0 { common / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_of_a_heap_stays_and_others_beside_it() {
        let candidate = |class, score, left: f32| Candidate {
            class,
            score,
            edges: [left, 0.0, left + 10.0, 20.0],
        };
        let mut candidates = vec![
            candidate(0, 0.6, 1.0),
            candidate(0, 0.9, 0.0),
            candidate(1, 0.5, 0.5),
            candidate(0, 0.7, 9.0),
            candidate(0, 0.65, 8.5),
        ];
        suppress(&mut candidates, 0.5, 100, 100);
        let left: Vec<(usize, f32)> = candidates.iter().map(|c| (c.class, c.score)).collect();
        assert_eq!(left, [(0, 0.9), (0, 0.7), (1, 0.5)]);
        suppress(&mut candidates, 0.5, 2, 1);
        assert_eq!(candidates.len(), 1);
    }
}
