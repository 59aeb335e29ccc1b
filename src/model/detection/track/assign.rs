//! Who goes with whom, so that the sum of all costs is least: the Hungarian method with potentials
//! (Kuhn, 1955; Munkres, 1957), in the time of rows² × columns.

/// Pairs of row and column whose costs together are least; pairs that cost `never` or more are left
/// out. All rows are equally long.
pub(super) fn assign(costs: &[Vec<f32>], never: f32) -> Vec<(usize, usize)> {
    let (rows, columns) = (costs.len(), costs.first().map_or(0, Vec::len));
    if rows == 0 || columns == 0 {
        return Vec::new();
    }
    if rows > columns {
        let turned: Vec<Vec<f32>> = (0..columns)
            .map(|column| costs.iter().map(|row| row[column]).collect())
            .collect();
        let pairs = solve(&turned, never).into_iter();
        return pairs.map(|(column, row)| (row, column)).collect();
    }
    solve(costs, never)
}

/// As [`assign`], where there are at least as many columns as rows.
fn solve(costs: &[Vec<f32>], never: f32) -> Vec<(usize, usize)> {
    let (rows, columns) = (costs.len(), costs[0].len());
    // Row and column 0 are none: each row is brought in from there.
    let mut row_price = vec![0.0_f32; rows + 1];
    let mut column_price = vec![0.0_f32; columns + 1];
    let mut owner = vec![0_usize; columns + 1];
    let mut before = vec![0_usize; columns + 1];
    for row in 1..=rows {
        owner[0] = row;
        let mut least = vec![f32::INFINITY; columns + 1];
        let mut used = vec![false; columns + 1];
        let mut at = 0;
        loop {
            used[at] = true;
            let current = owner[at];
            let (mut step, mut next) = (f32::INFINITY, 0);
            for column in 1..=columns {
                if used[column] {
                    continue;
                }
                let cost = costs[current - 1][column - 1].min(never);
                let reduced = cost - row_price[current] - column_price[column];
                if reduced < least[column] {
                    least[column] = reduced;
                    before[column] = at;
                }
                if least[column] < step {
                    step = least[column];
                    next = column;
                }
            }
            for column in 0..=columns {
                if used[column] {
                    row_price[owner[column]] += step;
                    column_price[column] -= step;
                } else {
                    least[column] -= step;
                }
            }
            at = next;
            if owner[at] == 0 {
                break;
            }
        }
        while at != 0 {
            let from = before[at];
            owner[at] = owner[from];
            at = from;
        }
    }
    (1..=columns)
        .filter(|column| owner[*column] != 0)
        .map(|column| (owner[column] - 1, column - 1))
        .filter(|(row, column)| costs[*row][*column] < never)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_least_and_not_each_for_itself() {
        // Greedy would take (0, 0) and leave 9 for the second.
        let costs = vec![vec![1.0, 2.0], vec![1.5, 9.0]];
        let mut pairs = assign(&costs, 100.0);
        pairs.sort_unstable();
        assert_eq!(pairs, [(0, 1), (1, 0)]);
        let never = vec![vec![200.0, 3.0], vec![200.0, 2.0], vec![200.0, 1.0]];
        assert_eq!(assign(&never, 100.0), [(2, 1)]);
        assert_eq!(assign(&[], 1.0), []);
        assert_eq!(assign(&[vec![], vec![]], 1.0), []);
    }

    #[test]
    fn it_is_as_good_as_trying_all() {
        let mut state = 7_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        };
        for _ in 0..200 {
            let costs: Vec<Vec<f32>> = (0..4).map(|_| (0..4).map(|_| random()).collect()).collect();
            let sum: f32 = assign(&costs, 10.0)
                .iter()
                .map(|(r, c)| costs[*r][*c])
                .sum();
            let mut best = f32::INFINITY;
            for a in 0..4 {
                for b in (0..4).filter(|b| *b != a) {
                    for c in (0..4).filter(|c| *c != a && *c != b) {
                        let d = 6 - a - b - c;
                        best = best.min(costs[0][a] + costs[1][b] + costs[2][c] + costs[3][d]);
                    }
                }
            }
            assert!((sum - best).abs() < 1e-4, "{sum} {best}");
        }
    }
}
