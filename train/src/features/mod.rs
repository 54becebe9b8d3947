//! Features of pictures that are computed, not learned: for linear classifiers.
//!
//! ```
//! use layercake_train::data::Image;
//! use layercake_train::features::{Hog, hog, hue_histogram};
//!
//! let picture = Image { shape: [3, 32, 32], pixels: vec![0.5; 3 * 32 * 32] };
//! assert_eq!(hog(&picture, &Hog::default()).len(), 2 * 2 * 3 * 3 * 9);
//! assert_eq!(hue_histogram(&picture, 10).len(), 10);
//! ```

mod hog;
mod hue;
#[cfg(test)]
mod tests;

pub use hog::{Hog, hog};
pub use hue::{hue, hue_histogram};
