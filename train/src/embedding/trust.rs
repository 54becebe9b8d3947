//! How far an embedding can be trusted.

use rayon::prelude::*;

use super::{EmbeddingError, Points};

/// The trustworthiness of an embedding, from 0 to 1: below 1 if points that are among the `n_neighbors` nearest in the plane are not so in truth, the less the
/// farther they are by rank.
///
/// J. Venna, S. Kaski: *Neighborhood Preservation in Nonlinear Projection Methods: An Experimental Study*, ICANN 2001. scikit-learn's `trustworthiness`.
///
/// # Errors
/// Returns an error unless `n_neighbors` is at least 1 and less than half the number of points, and the embedding has as many points.
pub fn trustworthiness(points: &Points, embedding: &[[f64; 2]], n_neighbors: usize) -> Result<f64, EmbeddingError> {
    let count = points.len();
    if embedding.len() != count {
        return Err(EmbeddingError::Length { points: count, embedded: embedding.len() });
    }
    if n_neighbors == 0 || 2 * n_neighbors >= count {
        let expected = "at least 1 and less than half the number of points".to_owned();
        return Err(EmbeddingError::Option { option: "n_neighbors", expected, found: n_neighbors as f64 });
    }
    let ordered = |mut distances: Vec<f64>, from: usize| {
        // The point itself is no neighbor, also if others are at the same place.
        distances[from] = f64::NEG_INFINITY;
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| distances[a].total_cmp(&distances[b]));
        order
    };
    let penalty = |from: usize| {
        let mut rank = vec![0; count];
        for (place, point) in ordered(points.squared_distances(points.row(from)), from).into_iter().enumerate() {
            rank[point] = place;
        }
        let [x, y] = embedding[from];
        let near = ordered(embedding.iter().map(|[a, b]| (a - x).powi(2) + (b - y).powi(2)).collect(), from);
        near[1..=n_neighbors].iter().map(|&point| rank[point].saturating_sub(n_neighbors) as u64).sum::<u64>()
    };
    let sum: u64 = (0..count).into_par_iter().map(penalty).sum();
    let (n, k) = (count as f64, n_neighbors as f64);
    Ok(1.0 - sum as f64 * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let line = Points::new(vec![0.0, 1.0, 3.0, 7.0], 1).unwrap();
        let plane = |xs: [f64; 4]| xs.map(|x| [x, 0.0]);
        assert_eq!(trustworthiness(&line, &plane([0.0, 1.0, 3.0, 7.0]), 1), Ok(1.0));
        // The last point is beside the first one: each is the third in truth for the other. For the second point the third is nearest, which is the second in truth.
        let sum = 2.0 + 2.0 + 1.0;
        assert_eq!(trustworthiness(&line, &plane([0.0, 4.0, 6.0, 0.5]), 1), Ok(1.0 - sum * 2.0 / (4.0 * (8.0 - 4.0))));
        assert!(matches!(trustworthiness(&line, &plane([0.0; 4]), 2), Err(EmbeddingError::Option { option: "n_neighbors", .. })));
        assert_eq!(trustworthiness(&line, &[[0.0; 2]], 1), Err(EmbeddingError::Length { points: 4, embedded: 1 }));
    }
}
