//! What can go wrong in training.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use layercake::io::IoError;

use crate::data::DataError;

/// Training, measuring, or keeping the results failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The parameters cannot be written or read.
    #[error(transparent)]
    Parameters(#[from] IoError),
    /// A file of a run cannot be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of a run does not hold what it should.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A run was to be kept in a folder that holds other things.
    #[error("{path}: holds files that are not a run's; name a new or empty folder, or that of an earlier run to replace")]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The curves cannot be drawn.
    #[error("{path}: the curves could not be drawn: {reason}")]
    Drawing {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The loss is no number any more.
    #[error("the loss became {loss} in step {step} of epoch {epoch}: training diverged; try a smaller learning rate")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step in it, counted from 1.
        step: usize,
        /// The loss.
        loss: f32,
    },
    /// The device failed: it is out of memory, most often.
    #[error("the device failed: {0}")]
    Device(String),
}

/// Turns a device's error, of whichever type that is, into one of training.
pub(crate) trait OnDevice<T> {
    fn on_device(self) -> Result<T, TrainError>;
}

impl<T, E: Display> OnDevice<T> for Result<T, E> {
    fn on_device(self) -> Result<T, TrainError> {
        self.map_err(|error| TrainError::Device(error.to_string()))
    }
}
