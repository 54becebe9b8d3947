//! What is done to pictures on their way to a network: torchvision's `transforms`.
//!
//! A transform gets random numbers that belong to the item's place in the epoch's order, so workers do not matter, and an item that is drawn twice
//! is changed in two ways. Whatever moves pixels moves those of a mask along.
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
pub use crop::{CenterCrop, RandomCrop};
pub use flip::{HorizontalFlip, VerticalFlip};
pub use mean_image::MeanImage;
pub use normalize::Normalize;
pub use resize::Resize;
pub(super) use resize::resize;

/// Changes a picture.
pub trait Transform: Send + Sync + Debug {
    /// Changes it in place.
    ///
    /// # Errors
    /// If the picture is of a size or of channels that it is not made for.
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError>;
}

impl<T: Transform + ?Sized> Transform for Arc<T> {
    fn apply(&self, picture: &mut ImageMut<'_>, random: &mut StdRng) -> Result<(), DataError> {
        (**self).apply(picture, random)
    }
}

/// Several transforms, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Compose {
    steps: Vec<Arc<dyn Transform>>,
}

impl Compose {
    /// None yet, which leaves pictures as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// These, and then `transform`.
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
