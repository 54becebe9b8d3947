//! What is wrong with regions.

use std::fmt::Display;

use crate::DeviceError;

/// Why regions cannot be cropped from a feature map.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RoiError {
    /// The features are no batch of images.
    #[error("expected features [batch, channels, height, width] of at least one element, found {0:?}")]
    Features(Vec<usize>),
    /// There is no such image.
    #[error("region {index} (counted from 0) is in image {image}, but the batch has {images}")]
    Image {
        /// The region.
        index: usize,
        /// Its image.
        image: usize,
        /// The number of images.
        images: usize,
    },
    /// A corner is NaN or infinite.
    #[error("region {index} (counted from 0) has the corners {corners:?}; they must be finite")]
    Corners {
        /// The region.
        index: usize,
        /// Its corners.
        corners: [f64; 4],
    },
    /// An option is out of range.
    #[error("`{option}` is {value}; it must be {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// Its value.
        value: f64,
        /// Valid values.
        expected: &'static str,
    },
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(DeviceError),
}

/// The error of a device.
pub(super) fn device<T, Err: Display + 'static>(result: Result<T, Err>) -> Result<T, RoiError> {
    result.map_err(|error| RoiError::Device(DeviceError::of(&error)))
}
