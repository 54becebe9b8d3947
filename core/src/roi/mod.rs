//! Regions of feature maps, as many as there are: RoI align and RoI pooling.
//!
//! Both crop a box from the feature map of one image of a batch and bring it to a fixed size, so that one head can classify boxes of all sizes. They are
//! operations on tensors, like the losses, and no layers of `network!`: all values in a network share the batch axis, whereas the number of boxes is independent
//! of the number of images, and known only when the first network, which proposes them, has run. They stand between two networks:
//!
//! ```
//! use layercake::prelude::*;
//! use layercake::roi::{Region, RoiAlign};
//!
//! let device = Cpu::default();
//! let pixels: Vec<f32> = (0..2 * 4 * 4).map(|i| i as f32).collect();
//! let features = DynTensor::try_from_vec(&device, pixels, &[2, 1, 4, 4])?.unwrap(); // trunk.forward(photos)
//! let regions = [Region { image: 0, corners: [0.0, 0.0, 32.0, 32.0] }, Region { image: 1, corners: [0.0, 0.0, 64.0, 64.0] }];
//! // The map has a cell for each 16 pixels of the photo.
//! let crops = RoiAlign { aligned: true, ..RoiAlign::new([2, 2], 1.0 / 16.0) }.try_forward(features, &regions)?;
//! assert_eq!(crops.dims(), [2, 1, 2, 2]); // head.forward(crops)
//! assert_eq!(crops.to_vec(), [0.0, 1.0, 4.0, 5.0, 18.5, 20.5, 26.5, 28.5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The gradient reaches the features. Boxes are data and get none, as in torchvision.
//!
//! Coordinates are in pixels of the image, `[x1, y1, x2, y2]`; a map is addressed by `spatial_scale` times them. A box may lie outside the image in part or
//! whole: [`RoiAlign`] is 0 and [`RoiPool`] is 0 where nothing of the map is met. Without boxes the result has no rows, on devices that allow tensors of no elements.

mod align;
mod error;
mod map;
mod pool;
#[cfg(test)]
mod tests;

pub use align::RoiAlign;
pub use error::RoiError;
pub use pool::RoiPool;

/// A box in one image of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// The index of the image in the batch.
    pub image: usize,
    /// `[x1, y1, x2, y2]` in pixels of the image: the left, upper, right and lower edge.
    pub corners: [f64; 4],
}
