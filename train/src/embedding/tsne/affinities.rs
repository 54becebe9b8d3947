//! How much points are neighbors of each other, as probabilities.

use rayon::prelude::*;

use super::super::Points;

/// How near the entropy of a point's neighbors must be to that of the perplexity.
const TOLERANCE: f64 = 1e-5;
/// Halvings of the search for the width of a Gaussian, at most.
const HALVINGS: usize = 100;
/// As large as the probability of a pair at least is taken to be, in logarithms.
const LEAST: f64 = f64::EPSILON;

/// The symmetric matrix of joint probabilities, with only those of near points: row by row, in the order of the columns.
pub(super) struct Affinities {
    rows: Vec<Vec<(u32, f64)>>,
}

impl Affinities {
    /// Of each point to its neighbors, three times as many as the perplexity.
    pub fn of(points: &Points, perplexity: f64) -> Self {
        let count = points.len();
        let near = ((3.0 * perplexity + 1.0) as usize).min(count - 1);
        let conditional = |from: usize| {
            let near = points.nearest(points.row(from), near, Some(from));
            let squared: Vec<f64> = near.iter().map(|near| near.distance * near.distance).collect();
            let probabilities = probabilities(&squared, perplexity.ln());
            near.into_iter().map(|near| near.index).zip(probabilities).collect::<Vec<_>>()
        };
        let conditional: Vec<Vec<(usize, f64)>> = (0..count).into_par_iter().map(conditional).collect();
        let mut rows = vec![Vec::new(); count];
        for (from, list) in conditional.iter().enumerate() {
            for &(to, probability) in list {
                rows[from].push((to as u32, probability));
                rows[to].push((from as u32, probability));
            }
        }
        let joined = |row: Vec<(u32, f64)>| {
            let mut joined: Vec<(u32, f64)> = Vec::with_capacity(row.len());
            for (column, probability) in row {
                match joined.last_mut().filter(|last| last.0 == column) {
                    Some(last) => last.1 += probability,
                    None => joined.push((column, probability)),
                }
            }
            joined
        };
        let mut rows: Vec<Vec<(u32, f64)>> = rows
            .into_iter()
            .map(|mut row| {
                row.sort_by_key(|pair| pair.0);
                joined(row)
            })
            .collect();
        let sum: f64 = rows.iter().flatten().map(|pair| pair.1).sum();
        rows.iter_mut().flatten().for_each(|pair| pair.1 /= sum);
        Self { rows }
    }

    /// The pull of its neighbors on a point.
    pub fn attraction(&self, at: &[[f64; 2]], from: usize) -> [f64; 2] {
        let [x, y] = at[from];
        let mut sum = [0.0; 2];
        for &(to, probability) in &self.rows[from] {
            let [dx, dy] = [x - at[to as usize][0], y - at[to as usize][1]];
            let pull = probability / (1.0 + dx * dx + dy * dy);
            sum[0] += pull * dx;
            sum[1] += pull * dy;
        }
        sum
    }

    /// The divergence of the probabilities in the plane, `sum` being what they are normalized by.
    pub fn divergence(&self, at: &[[f64; 2]], sum: f64) -> f64 {
        let of = |(from, row): (usize, &Vec<(u32, f64)>)| {
            let [x, y] = at[from];
            let pair = |&(to, p): &(u32, f64)| {
                let [a, b] = at[to as usize];
                let q = 1.0 / (1.0 + (x - a).powi(2) + (y - b).powi(2)) / sum;
                p * (p.max(LEAST) / q.max(LEAST)).ln()
            };
            row.iter().map(pair).sum::<f64>()
        };
        self.rows.iter().enumerate().map(of).sum()
    }
}

/// The probabilities of neighbors at these squared distances, by a Gaussian of the width that gives them an entropy.
fn probabilities(squared: &[f64], entropy: f64) -> Vec<f64> {
    // The nearest is at 0: a factor that cancels, so that not all of them vanish.
    let least = squared.iter().copied().fold(f64::INFINITY, f64::min);
    let (mut precision, mut low, mut high) = (1.0, 0.0, f64::INFINITY);
    let mut found = Vec::new();
    for _ in 0..HALVINGS {
        found = squared.iter().map(|squared| (-(squared - least) * precision).exp()).collect::<Vec<f64>>();
        let sum: f64 = found.iter().sum();
        found.iter_mut().for_each(|p| *p /= sum);
        let mean: f64 = squared.iter().zip(&found).map(|(squared, p)| (squared - least) * p).sum();
        let off = sum.ln() + precision * mean - entropy;
        if off.abs() <= TOLERANCE {
            break;
        }
        if off > 0.0 {
            low = precision;
            precision = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * precision };
        } else {
            high = precision;
            precision = f64::midpoint(low, high);
        }
        if !precision.is_finite() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entropy_is_that_of_the_perplexity() {
        for scale in [1e-6, 1.0, 1e6] {
            let squared: Vec<f64> = (1..=12).map(|i| scale * f64::from(i)).collect();
            let found = probabilities(&squared, 4.0_f64.ln());
            let entropy: f64 = -found.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
            assert!((entropy.exp() - 4.0).abs() < 1e-3 && (found.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{entropy}");
        }
        // Equal distances have no width that gives less than all of them.
        assert_eq!(probabilities(&[2.0; 4], 2.0_f64.ln()), [0.25; 4]);
    }

    #[test]
    fn symmetric_with_a_sum_of_one() {
        let points = Points::new((0..40).map(|i| ((i * i) % 17) as f32).collect(), 2).unwrap();
        let Affinities { rows } = Affinities::of(&points, 3.0);
        assert!((rows.iter().flatten().map(|pair| pair.1).sum::<f64>() - 1.0).abs() < 1e-12);
        let get = |i: usize, j: u32| rows[i].iter().find(|pair| pair.0 == j).map(|pair| pair.1);
        for (i, row) in rows.iter().enumerate() {
            assert!(row.iter().all(|&(j, p)| j as usize != i && get(j as usize, i as u32) == Some(p)));
        }
    }
}
