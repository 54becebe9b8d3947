//! Image transforms, as in torchvision's `transforms`.
//!
//! A transform's random numbers are a function of the item's position in the epoch, for any number of workers. Geometric transforms move masks and
//! the boxes of objects with the image; [`ColorJitter`] and the other ones leave them as they are.
//!
//! ```
//! use layercake_train::data::transforms::{Compose, HorizontalFlip, RandomCrop};
//! use layercake_train::data::Normalize;
//!
//! let augment = Compose::new()
//!     .then(RandomCrop::new([32, 32]).padding(4))
//!     .then(HorizontalFlip::default())
//!     .then(Normalize { mean: vec![0.5; 3], std: vec![0.25; 3] });
//! ```

mod color;
mod crop;
mod flip;
mod mean_image;
mod normalize;
mod resize;

use std::fmt::Debug;
use std::sync::Arc;

use rand::rngs::StdRng;

use super::{DataError, ImageMut};
pub use color::ColorJitter;
pub use crop::{CenterCrop, RandomCrop, Shift};
pub use flip::{HorizontalFlip, VerticalFlip};
pub use mean_image::MeanImage;
pub use normalize::Normalize;
pub use resize::Resize;
pub(super) use resize::resize;

/// A transform of images.
pub trait Transform: Send + Sync + Debug {
    /// Transforms an image, its mask and its objects in place.
    ///
    /// # Errors
    /// Returns an error if the transform does not support the image's size or channels.
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError>;
}

impl<T: Transform + ?Sized> Transform for Arc<T> {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        (**self).apply(picture, random)
    }
}

/// A sequence of transforms; torchvision's `Compose`.
#[derive(Clone, Debug, Default)]
#[must_use = "transforms do nothing until passed to a loader"]
pub struct Compose {
    steps: Vec<Arc<dyn Transform>>,
}

impl Compose {
    /// An empty sequence.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a transform.
    pub fn then(mut self, transform: impl Transform + 'static) -> Self {
        self.steps.push(Arc::new(transform));
        self
    }
}

impl Transform for Compose {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        self.steps.iter().try_for_each(|step| step.apply(picture, random))
    }
}

#[cfg(test)]
mod tests;
