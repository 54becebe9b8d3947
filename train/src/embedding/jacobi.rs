//! Eigenvalues of small symmetric matrices.

/// Rotations over all pairs, at most: four or five are enough for double precision.
const SWEEPS: usize = 64;

/// The eigenvalues of a symmetric matrix, the largest first, each with its eigenvector of length 1, by Jacobi's rotations.
pub(crate) fn eigen(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = matrix.len();
    // Row `i` becomes the eigenvector `i`.
    let mut vectors: Vec<Vec<f64>> = (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        let mut turned = false;
        for p in 0..size {
            for q in p + 1..size {
                let off = matrix[p][q];
                if off.abs() <= f64::EPSILON * (matrix[p][p] * matrix[q][q]).abs().sqrt() || off == 0.0 {
                    continue;
                }
                turned = true;
                // The smaller of the two angles that make the element zero.
                let slope = (matrix[q][q] - matrix[p][p]) / (2.0 * off);
                let tangent = slope.signum() / (slope.abs() + slope.hypot(1.0));
                let cosine = 1.0 / tangent.hypot(1.0);
                let sine = tangent * cosine;
                for row in &mut matrix {
                    (row[p], row[q]) = (cosine * row[p] - sine * row[q], sine * row[p] + cosine * row[q]);
                }
                turn(&mut matrix, [p, q], [cosine, sine]);
                turn(&mut vectors, [p, q], [cosine, sine]);
            }
        }
        if !turned {
            break;
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = vectors.into_iter().enumerate().map(|(i, vector)| (matrix[i][i], vector)).collect();
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    pairs
}

/// Rotates two rows.
fn turn(rows: &mut [Vec<f64>], [p, q]: [usize; 2], [cosine, sine]: [f64; 2]) {
    let (upper, lower) = rows.split_at_mut(q);
    for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // The eigenvalues of [[2, 1], [1, 2]] are 3 and 1; the third direction is apart.
        let found = eigen(vec![vec![2.0, 1.0, 0.0], vec![1.0, 2.0, 0.0], vec![0.0, 0.0, -4.0]]);
        let values: Vec<f64> = found.iter().map(|pair| pair.0).collect();
        for (value, expected) in values.iter().zip([3.0, 1.0, -4.0]) {
            assert!((value - expected).abs() < 1e-14, "{values:?}");
        }
        let half = 0.5_f64.sqrt();
        assert!((found[0].1[0].abs() - half).abs() < 1e-14 && (found[0].1[0] - found[0].1[1]).abs() < 1e-14, "{found:?}");
        assert!((found[1].1[0] + found[1].1[1]).abs() < 1e-14, "{found:?}");
    }

    /// `A v = value v` for a matrix of rank 3 with six rows.
    #[test]
    fn of_low_rank() {
        let factor: Vec<Vec<f64>> = (0..6).map(|i| (0..3).map(|j| f64::from((7 * i + 5 * j) % 11) - 4.0).collect()).collect();
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let matrix: Vec<Vec<f64>> = factor.iter().map(|a| factor.iter().map(|b| product(a, b)).collect()).collect();
        let pairs = eigen(matrix.clone());
        for (value, vector) in &pairs {
            for (row, x) in matrix.iter().zip(vector) {
                assert!((product(row, vector) - value * x).abs() < 1e-11 * pairs[0].0);
            }
        }
        assert!(pairs[3..].iter().all(|pair| pair.0.abs() < 1e-12 * pairs[0].0), "{pairs:?}");
    }
}
