//! Principal components, by subspace iteration.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

use super::jacobi::eigen;
use super::{EmbeddingError, Points};

/// Directions that are followed besides those asked for: the more, the fewer iterations.
const MORE: usize = 8;
/// The error of an eigenvector `v`, `|C v - value v|`, as a share of the largest eigenvalue, at which the iteration stops.
const TOLERANCE: f64 = 1e-12;
/// It also stops after so many iterations: then the variances differ by so little that no direction is the right one.
const ITERATIONS: usize = 1000;
/// The parts in which sums over all points are worked out; their number must not depend on the threads.
const PARTS: usize = 16;

/// Principal components: the directions in which points vary most.
///
/// What scikit-learn's `PCA` gives, also its signs: the coordinate of a component with the largest absolute value is positive.
#[derive(Clone, Debug, PartialEq)]
pub struct Pca {
    /// The mean of the points.
    pub mean: Vec<f64>,
    /// The components, each of length 1, at right angles to each other, the one with the largest variance first. Zero if the points have no further direction.
    pub components: Vec<Vec<f64>>,
    /// The variance along each component (with the divisor `n - 1`).
    pub explained_variance: Vec<f64>,
    /// The same, as a share of the sum of the variances of all coordinates.
    pub explained_variance_ratio: Vec<f64>,
}

impl Pca {
    /// Finds the first components.
    ///
    /// # Errors
    /// Returns an error unless `components` is between 1 and the smaller of the number of points and of their dimensions.
    pub fn fit(points: &Points, components: usize) -> Result<Self, EmbeddingError> {
        let (count, dims) = (points.len(), points.dims());
        if components == 0 || components > count.min(dims) {
            return Err(EmbeddingError::Components { components, points: count, dims });
        }
        let mut mean = vec![0.0; dims];
        for row in points.rows() {
            mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        mean.iter_mut().for_each(|sum| *sum /= count as f64);
        let centered = Centered { points, mean: &mean };
        let total: f64 = points.rows().flat_map(|row| row.iter().zip(&mean)).map(|(&x, mean)| (f64::from(x) - mean).powi(2)).sum();
        let divisor = count.saturating_sub(1).max(1) as f64;
        // The start decides nothing but the number of iterations.
        let mut random = StdRng::seed_from_u64(0);
        let block = (components + MORE).min(count.min(dims));
        let mut basis: Vec<Vec<f64>> = (0..block).map(|_| (0..dims).map(|_| random.gen_range(-1.0..1.0)).collect()).collect();
        let mut found = Vec::new();
        for _ in 0..ITERATIONS {
            orthonormalize(&mut basis);
            let images: Vec<Vec<f64>> = centered.covariance(&basis, divisor);
            // The best eigenvectors within the subspace.
            let small = basis.iter().map(|a| images.iter().map(|b| product(a, b)).collect()).collect();
            let pairs = eigen(small);
            let mixed = |of: &[Vec<f64>], weights: &[f64]| {
                let mut sum = vec![0.0; dims];
                for (vector, weight) in of.iter().zip(weights) {
                    sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += weight * x);
                }
                sum
            };
            let vectors: Vec<Vec<f64>> = pairs.iter().map(|(_, weights)| mixed(&basis, weights)).collect();
            let images: Vec<Vec<f64>> = pairs.iter().map(|(_, weights)| mixed(&images, weights)).collect();
            let largest = pairs[0].0;
            let error = |i: usize| vectors[i].iter().zip(&images[i]).map(|(v, w)| (w - pairs[i].0 * v).powi(2)).sum::<f64>().sqrt();
            let done = (0..components).all(|i| error(i) <= TOLERANCE * largest);
            found = pairs.iter().map(|(value, _)| value.max(0.0)).zip(vectors).take(components).collect();
            if done {
                break;
            }
            basis = images;
        }
        let (explained_variance, mut components): (Vec<f64>, Vec<Vec<f64>>) = found.into_iter().unzip();
        components.iter_mut().for_each(|component| make_positive(component));
        let share = |variance: &f64| if total > 0.0 { variance * divisor / total } else { 0.0 };
        let explained_variance_ratio = explained_variance.iter().map(share).collect();
        Ok(Self { mean, components, explained_variance, explained_variance_ratio })
    }

    /// The coordinates of points along the first two components.
    ///
    /// # Panics
    /// Panics if the points have another dimension, or there are fewer than two components.
    pub fn transform(&self, points: &Points) -> Vec<[f64; 2]> {
        assert_eq!(points.dims(), self.mean.len(), "points of one dimension");
        let along = |row: &[f32], component: &[f64]| {
            row.iter().zip(&self.mean).zip(component).map(|((&x, mean), along)| (f64::from(x) - mean) * along).sum()
        };
        points.rows().map(|row| [0, 1].map(|i| along(row, &self.components[i]))).collect()
    }
}

/// Points less their mean.
struct Centered<'a> {
    points: &'a Points,
    mean: &'a [f64],
}

impl Centered<'_> {
    /// The product of the covariance matrix with each vector.
    fn covariance(&self, vectors: &[Vec<f64>], divisor: f64) -> Vec<Vec<f64>> {
        let (count, dims) = (self.points.len(), self.mean.len());
        let size = count.div_ceil(PARTS);
        let part = |number: usize| {
            let mut sums = vec![vec![0.0; dims]; vectors.len()];
            for index in number * size..((number + 1) * size).min(count) {
                let row: Vec<f64> = self.points.row(index).iter().zip(self.mean).map(|(&x, mean)| f64::from(x) - mean).collect();
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    let along = product(&row, vector);
                    sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += along * x);
                }
            }
            sums
        };
        let parts: Vec<Vec<Vec<f64>>> = (0..PARTS).into_par_iter().map(part).collect();
        let mut whole = vec![vec![0.0; dims]; vectors.len()];
        for part in parts {
            for (sum, part) in whole.iter_mut().flatten().zip(part.into_iter().flatten()) {
                *sum += part / divisor;
            }
        }
        whole
    }
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Makes vectors unit vectors at right angles to each other, by the Gram-Schmidt process; what is left of a vector that depends on those before it becomes zero.
fn orthonormalize(vectors: &mut [Vec<f64>]) {
    for i in 0..vectors.len() {
        let (before, rest) = vectors.split_at_mut(i);
        let vector = &mut rest[0];
        let length = product(vector, vector).sqrt();
        // Twice: the first time leaves rounding errors.
        for _ in 0..2 {
            for other in before.iter() {
                let along = product(vector, other);
                vector.iter_mut().zip(other).for_each(|(x, other)| *x -= along * other);
            }
        }
        let left = product(vector, vector).sqrt();
        let factor = if left > 1e-12 * length { left.recip() } else { 0.0 };
        vector.iter_mut().for_each(|x| *x *= factor);
    }
}

fn make_positive(component: &mut [f64]) {
    let largest = component.iter().copied().fold(0.0, |most: f64, x| if x.abs() > most.abs() { x } else { most });
    if largest < 0.0 {
        component.iter_mut().for_each(|x| *x = -*x);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // A line with slope 3/4, and nothing else.
        let points = Points::new((-2..=2).flat_map(|i| [4.0 * i as f32 + 1.0, 3.0 * i as f32]).collect(), 2).unwrap();
        let pca = Pca::fit(&points, 2).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(near(pca.mean[0], 1.0) && near(pca.components[0][0], 0.8) && near(pca.components[0][1], 0.6), "{pca:?}");
        assert!(
            near(pca.explained_variance[0], 62.5) && near(pca.explained_variance_ratio[0], 1.0) && near(pca.explained_variance[1], 0.0)
        );
        assert!(near(pca.transform(&points)[4][0], 10.0));
        // Equal points have no direction.
        let still = Pca::fit(&Points::new(vec![3.0; 8], 2).unwrap(), 2).unwrap();
        assert_eq!((still.explained_variance, still.explained_variance_ratio), (vec![0.0; 2], vec![0.0; 2]));
    }

    #[test]
    fn mistakes_are_named() {
        let points = Points::new(vec![1.0; 6], 3).unwrap();
        for components in [0, 3] {
            assert_eq!(Pca::fit(&points, components), Err(EmbeddingError::Components { components, points: 2, dims: 3 }));
        }
    }
}
