//! What can go wrong in training.

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use layercake::gradient::NonFinite;
use layercake::io::IoError;
use layercake::optim::StepError;

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
    /// A run was to go on that is done.
    #[error("{path}: this run is done; there is nothing to go on with")]
    Done {
        /// The folder.
        path: PathBuf,
    },
    /// A picture cannot be drawn.
    #[error("{path}: it could not be drawn: {reason}")]
    Drawing {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The loss is no number any more, or a parameter is none.
    #[error("{} in step {step} of epoch {epoch}{}: training diverged; try a smaller learning rate", loss_is(.loss), because(.cause))]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The batch in it, counted from 1.
        step: usize,
        /// The batch's loss, or the mean of the epoch so far where it shows in the parameters first.
        loss: f32,
        /// The first tensor that is not finite, and so the layer where the trouble began.
        cause: Option<NonFinite>,
    },
    /// The run was stopped; a checkpoint was kept if it keeps any.
    #[error("interrupted in epoch {epoch} after step {step}{}", kept_in(.kept))]
    Interrupted {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The optimizer's steps so far.
        step: usize,
        /// The folder of the checkpoints.
        kept: Option<PathBuf>,
    },
    /// There is no checkpoint to go on with.
    #[error("{path}: holds no checkpoint")]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
    },
    /// There is nothing to train on.
    #[error("the training data make no batch")]
    NoBatches,
    /// The test data cannot measure anything.
    #[error("the test data: {0}")]
    Test(String),
    /// A setting that makes no sense, or that could have no effect.
    #[error("{0}")]
    Setting(String),
    /// There is no figure of that name to go by.
    #[error("there is no figure `{figure}` to {purpose}; there are: {}", .known.join(", "))]
    NoFigure {
        /// Its name.
        figure: String,
        /// What it was wanted for.
        purpose: &'static str,
        /// The names of all.
        known: Vec<String>,
    },
    /// A normalisation of the network would have to estimate a variance from one value.
    #[error(
        "`{layer}` cannot take statistics of a single value a channel while training; use a batch size of which no single item is left, or `drop_last`"
    )]
    SingleValue {
        /// The layer's name.
        layer: String,
    },
    /// The task, the network or a schedule panicked.
    #[error("{place} failed: {reason}")]
    Panicked {
        /// What was going on.
        place: String,
        /// What the panic said.
        reason: String,
    },
    /// A folder in which another process trains.
    #[error("{path}: in use by {}; wait for it to end, or name another folder", holder(.pid))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process, if it can be told.
        pid: Option<u32>,
    },
    /// A folder was removed or replaced while something was kept in it.
    #[error("{path}: was removed or replaced while the training went on; what it held is lost")]
    Vanished {
        /// The folder.
        path: PathBuf,
    },
    /// The optimizer could not take its step.
    #[error("the optimizer: {0}")]
    Optimizer(String),
    /// The device failed: it is out of memory, most often.
    #[error("the device failed: {0}")]
    Device(String),
}

impl TrainError {
    /// An optimizer's error, on whichever device.
    pub(crate) fn step<E: Display + std::fmt::Debug>(error: StepError<E>) -> Self {
        match error {
            StepError::Device(error) => Self::Device(error.to_string()),
            error => Self::Optimizer(error.to_string()),
        }
    }
}

/// `process 123`
fn holder(pid: &Option<u32>) -> String {
    pid.map_or("another process".to_owned(), |pid| format!("process {pid}"))
}

/// A loss that is still a number was taken before the step that spoilt the parameters.
fn loss_is(loss: &f32) -> String {
    if loss.is_finite() { format!("the loss was {loss}") } else { format!("the loss became {loss}") }
}

/// `, where ..`
fn because(cause: &Option<NonFinite>) -> String {
    cause.as_ref().map_or(String::new(), |cause| format!(", where {cause}"))
}

/// `; the checkpoint is kept in ..`
fn kept_in(folder: &Option<PathBuf>) -> String {
    folder.as_ref().map_or(String::new(), |folder| format!("; the checkpoint is kept in {}", folder.display()))
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
