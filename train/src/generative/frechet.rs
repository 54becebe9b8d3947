//! The Fréchet distance.

use rayon::prelude::*;

use super::GenerativeError;
use crate::embedding::{Points, eigen};

/// A square matrix, row by row.
pub(super) type Matrix = Vec<Vec<f64>>;

/// The normal distribution that fits a set of points. Of many real pictures it is worked out once.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    /// The mean of each coordinate.
    pub mean: Vec<f64>,
    /// The covariance of the coordinates, with the divisor `n - 1`, row by row.
    pub covariance: Vec<Vec<f64>>,
}

impl Gaussian {
    /// Mean and covariance of points.
    ///
    /// # Errors
    /// Returns an error if there are fewer than two points.
    pub fn fit(points: &Points) -> Result<Self, GenerativeError> {
        let (count, dims) = (points.len(), points.dims());
        if count < 2 {
            return Err(GenerativeError::Few { points: count, least: 2 });
        }
        let rows = || (0..count).map(|index| points.row(index));
        let mut mean = vec![0.0; dims];
        rows().for_each(|row| mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x)));
        mean.iter_mut().for_each(|sum| *sum /= count as f64);
        let covariance = (0..dims).into_par_iter().map(|i| {
            let mut sums = vec![0.0; dims];
            for row in rows() {
                let first = f64::from(row[i]) - mean[i];
                sums.iter_mut().zip(row).zip(&mean).for_each(|((sum, &x), mean)| *sum += first * (f64::from(x) - mean));
            }
            sums.iter().map(|sum| sum / (count - 1) as f64).collect()
        });
        let covariance = covariance.collect();
        Ok(Self { mean, covariance })
    }

    /// The squared Fréchet (2-Wasserstein) distance of two normal distributions: `|m1 - m2|^2 + Tr(C1 + C2 - 2 (C1 C2)^(1/2))` (Dowson and Landau, 1982). Never below 0.
    ///
    /// # Errors
    /// Returns an error if the dimensions differ.
    pub fn frechet_distance(&self, other: &Self) -> Result<f64, GenerativeError> {
        let (expected, found) = (self.mean.len(), other.mean.len());
        if expected != found {
            return Err(GenerativeError::Dims { expected, found });
        }
        let apart: f64 = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let trace = |matrix: &Matrix| matrix.iter().enumerate().map(|(i, row)| row[i]).sum::<f64>();
        // The root of C1 C2 has the trace of that of C1^(1/2) C2 C1^(1/2), which is symmetric.
        let root = square_root(&self.covariance);
        let between = product(&product(&root, &other.covariance), &root);
        let common: f64 = eigen(symmetric(between)).into_iter().map(|(value, _)| value.max(0.0).sqrt()).sum();
        Ok((apart + trace(&self.covariance) + trace(&other.covariance) - 2.0 * common).max(0.0))
    }
}

/// The Fréchet distance of two sets of points, [`Gaussian::frechet_distance`] of the normal distributions that fit them. Of features of the Inception network it is known as the
/// FID (Heusel et al., 2017); of other features it has another scale. It is biased: fewer points have larger distances, so compare as many each time.
///
/// # Errors
/// Returns an error if one set has fewer than two points, or the dimensions differ.
pub fn frechet_distance(real: &Points, made: &Points) -> Result<f64, GenerativeError> {
    Gaussian::fit(real)?.frechet_distance(&Gaussian::fit(made)?)
}

/// The symmetric square root of a symmetric matrix without negative eigenvalues; those that rounding leaves below 0 count as 0.
pub(super) fn square_root(matrix: &Matrix) -> Matrix {
    let size = matrix.len();
    let mut root = vec![vec![0.0; size]; size];
    for (value, vector) in eigen(matrix.clone()) {
        let scale = value.max(0.0).sqrt();
        for (row, x) in root.iter_mut().zip(&vector) {
            row.iter_mut().zip(&vector).for_each(|(sum, y)| *sum += scale * x * y);
        }
    }
    root
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let row = |weights: &Vec<f64>| {
        let mut sums = vec![0.0; b.len()];
        for (weight, row) in weights.iter().zip(b) {
            sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += weight * x);
        }
        sums
    };
    a.iter().map(row).collect()
}

/// Without what rounding makes the two halves differ by.
fn symmetric(matrix: Matrix) -> Matrix {
    let size = matrix.len();
    (0..size).map(|i| (0..size).map(|j| 0.5 * (matrix[i][j] + matrix[j][i])).collect()).collect()
}
