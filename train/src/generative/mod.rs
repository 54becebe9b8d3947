//! How close samples of a generative model are to data: Fréchet distance, precision and recall; and the losses of a generator that plays against a discriminator.
//!
//! The figures compare two sets of points: the features that a trained classifier finds in real and in generated pictures, such as the values before its last layer. The figures depend
//! on these features and on the number of points, so state both beside them; the distance of two sets of real pictures is what a perfect generator would have.
//!
//! ```
//! use layercake_train::embedding::Points;
//! use layercake_train::generative::{frechet_distance, precision_and_recall};
//!
//! let points = |shift: f32| Points::new((0..400).map(|i| (i * i % 97) as f32 / 97.0 + shift).collect(), 2).unwrap();
//! let (real, made) = (points(0.0), points(0.5));
//! assert!(frechet_distance(&real, &real)? < 1e-9);
//! // The same shape 0.5 away in each of two dimensions.
//! assert!((frechet_distance(&real, &made)? - 0.5).abs() < 1e-6);
//! let found = precision_and_recall(&real, &made, 3)?;
//! assert!(found.precision < 1.0 && found.recall < 1.0);
//! # Ok::<(), layercake_train::generative::GenerativeError>(())
//! ```

mod adversarial;
mod frechet;
mod precision;
#[cfg(test)]
mod tests;

pub use adversarial::{GeneratorLoss, try_real};
pub use frechet::{Gaussian, frechet_distance};
pub use precision::{PrecisionRecall, precision_and_recall};

/// The name of the metric. A run's summary has it without the prefix of the test data too: it is a figure of the samples.
pub const FRECHET_DISTANCE: &str = "frechet_distance";

/// Why two sets of points cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerativeError {
    /// There are too few points.
    #[error("{points} points; expected at least {least}")]
    Few {
        /// How many there are.
        points: usize,
        /// How many are needed.
        least: usize,
    },
    /// The points have different dimensions.
    #[error("points of {found} dimensions compared with points of {expected}")]
    Dims {
        /// The dimensions of the first set.
        expected: usize,
        /// The dimensions of the second set.
        found: usize,
    },
    /// The number of neighbors is 0.
    #[error("0 neighbors; expected at least 1")]
    NoNeighbors,
}
