//! Points of many dimensions in two: nearest neighbors, principal components, t-SNE, and how far an embedding can be trusted.
//!
//! The points are what a layer gives for the images of a data set, or their pixels. Definitions and defaults are scikit-learn's; the results of the tests are compared
//! with it. All results are the same on any number of threads.
//!
//! | question | item |
//! |---|---|
//! | Which points are nearest? | [`Points::nearest`] |
//! | In which directions do they vary most? | [`Pca`] |
//! | Which of them are neighbors, in a plane? | [`tsne`] |
//! | Are neighbors in the plane neighbors in truth? | [`trustworthiness`] |
//!
//! ```
//! use layercake_train::data::{Split, digits};
//! use layercake_train::embedding::{Pca, Points, TsneOptions, trustworthiness, tsne};
//!
//! let Split { test, .. } = digits();
//! let pixels = test.pixels()[..200 * 64].iter().map(|&pixel| f32::from(pixel)).collect();
//! let points = Points::new(pixels, 64)?;
//! let plane = Pca::fit(&points, 2)?.transform(&points);
//! let map = tsne(&points, &TsneOptions { perplexity: 15.0, max_iter: 500, ..Default::default() })?;
//! let [map, plane] = [trustworthiness(&points, &map.embedding, 5)?, trustworthiness(&points, &plane, 5)?];
//! assert!(map > 0.95 && map > plane, "{map} {plane}");
//! # Ok::<(), layercake_train::embedding::EmbeddingError>(())
//! ```
//!
//! t-SNE is written here and not taken from a crate: the one that is kept up to date, `bhtsne` 0.7.13, builds for 44 processor seconds (with an FFT library), and its
//! result differs from run to run on more than one thread.

mod error;
mod jacobi;
mod pca;
mod points;
mod trust;
mod tsne;

pub use error::EmbeddingError;
pub(crate) use jacobi::eigen;
pub use pca::Pca;
pub use points::{Neighbor, Points};
pub use trust::trustworthiness;
pub use tsne::{Tsne, TsneOptions, tsne};
