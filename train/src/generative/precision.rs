//! Precision and recall of samples.

use rayon::prelude::*;

use super::GenerativeError;
use crate::embedding::Points;

/// Shares of points that lie among those of another set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrecisionRecall {
    /// The share of the generated points that look real: their quality.
    pub precision: f64,
    /// The share of the real points that could have been generated: the variety of the generated ones.
    pub recall: f64,
}

/// Improved precision and recall (Kynkäänniemi et al., 2019). A point lies among those of a set if it is at most as far from one of them as that one is from its `neighbors`-th
/// nearest neighbor in the set; the paper uses 3. The time grows with the square of the number of points.
///
/// # Errors
/// Returns an error if a set has no more points than `neighbors`, which must be at least 1, or the dimensions differ.
pub fn precision_and_recall(real: &Points, made: &Points, neighbors: usize) -> Result<PrecisionRecall, GenerativeError> {
    let (expected, found) = (real.dims(), made.dims());
    if expected != found {
        return Err(GenerativeError::Dims { expected, found });
    }
    if neighbors == 0 {
        return Err(GenerativeError::NoNeighbors);
    }
    Ok(PrecisionRecall { precision: share_among(made, real, neighbors)?, recall: share_among(real, made, neighbors)? })
}

/// The share of points that lie among those of a set.
fn share_among(points: &Points, set: &Points, neighbors: usize) -> Result<f64, GenerativeError> {
    if set.len() <= neighbors {
        return Err(GenerativeError::Few { points: set.len(), least: neighbors + 1 });
    }
    let radius = |index: usize| set.nearest(set.row(index), neighbors, Some(index))[neighbors - 1].distance;
    let radii: Vec<f64> = (0..set.len()).into_par_iter().map(radius).collect();
    let is_among = |index: &usize| {
        let distances = set.squared_distances(points.row(*index));
        distances.into_iter().zip(&radii).any(|(squared, radius)| squared.sqrt() <= *radius)
    };
    let among = (0..points.len()).into_par_iter().filter(is_among).count();
    Ok(among as f64 / points.len() as f64)
}
