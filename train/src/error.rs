//! Errors of training.

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use layercake::gradient::NonFinite;
use layercake::hook::HookError;
use layercake::io::IoError;
use layercake::ir::Mistake;
use layercake::optim::StepError;
use layercake::{DeviceError, GraphError};

use crate::data::DataError;

/// An error of training, evaluation, checkpoints or run folders.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The parameters cannot be read or written.
    #[error(transparent)]
    Parameters(#[from] IoError),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The I/O error.
        source: io::Error,
    },
    /// A network address of this machine cannot be opened.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// The I/O error.
        source: io::Error,
    },
    /// The content of a file is invalid.
    #[error("{path}: {reason}")]
    Content {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The folder for a new run contains other files.
    #[error("{path}: contains files that do not belong to a run; expected a new or empty folder, or that of an earlier run to replace")]
    Occupied {
        /// The folder.
        path: PathBuf,
    },
    /// The run to resume is finished.
    #[error("{path}: this run is finished; there is nothing to resume")]
    Done {
        /// The folder.
        path: PathBuf,
    },
    /// A picture cannot be drawn.
    #[error("{path}: cannot draw it: {reason}")]
    Drawing {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The loss or a parameter became NaN or infinite.
    #[error("{} in step {step} of epoch {epoch}{}: training diverged; try a smaller learning rate", loss_is(.loss), because(.cause))]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The batch in the epoch, counted from 1.
        step: usize,
        /// The batch's loss, or the mean of the epoch so far if a parameter diverged first.
        loss: f32,
        /// The first tensor that is not finite.
        cause: Option<NonFinite>,
    },
    /// The loss of a trial of a search grew too much.
    #[error("the loss rose from {first:.4} to {loss:.4} in step {step} of epoch {epoch}")]
    Exploded {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The batch in the epoch, counted from 1.
        step: usize,
        /// The loss of the first step.
        first: f64,
        /// The smoothed loss.
        loss: f64,
    },
    /// Another rank has failed.
    #[error("rank {rank}: {reason}")]
    Rank {
        /// The rank.
        rank: usize,
        /// Its error.
        reason: String,
    },
    /// The ranks do not do the same.
    #[error("rank {rank} differs from rank 0 in its {what}: `{found}`; rank 0 has `{expected}`")]
    RanksDiffer {
        /// The first rank that differs.
        rank: usize,
        /// In what.
        what: String,
        /// What it has.
        found: String,
        /// What rank 0 has.
        expected: String,
    },
    /// The run was cancelled. If checkpoints are enabled, one was written.
    #[error("interrupted in epoch {epoch} after step {step}{}", kept_in(.kept))]
    Interrupted {
        /// The epoch, counted from 1.
        epoch: usize,
        /// Optimizer steps so far.
        step: usize,
        /// The checkpoint folder.
        kept: Option<PathBuf>,
    },
    /// There is no checkpoint.
    #[error("{path}: contains no checkpoint")]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
    },
    /// The network cannot take the inputs, or returns something else than the task needs.
    #[error("{0}")]
    Network(String),
    /// An environment returned what it must not.
    #[error("the environment returned {reason}")]
    Environment {
        /// What.
        reason: String,
    },
    /// The training data have no batch.
    #[error("the training data have no batch")]
    NoBatches,
    /// The test data cannot be used for evaluation.
    #[error("test data: {0}")]
    Test(String),
    /// A setting is invalid or has no effect.
    #[error("{0}")]
    Setting(String),
    /// A metric in use does not exist.
    #[error("unknown metric `{metric}` {purpose}; known: {}", .known.join(", "))]
    UnknownMetric {
        /// The name.
        metric: String,
        /// What it is used for.
        purpose: &'static str,
        /// The known metrics.
        known: Vec<String>,
    },
    /// A batch normalization would estimate a variance from a single value.
    #[error(
        "`{layer}` cannot estimate a variance from a single value per channel; use a batch size that does not leave a batch of one item, or `drop_last`"
    )]
    SingleValue {
        /// The layer's name.
        layer: String,
    },
    /// The task, the network or a schedule panicked.
    #[error("{place} panicked: {reason}")]
    Panicked {
        /// Where.
        place: String,
        /// The panic message.
        reason: String,
    },
    /// The folder is in use by another process.
    #[error("{path}: in use by {}; wait for it to end, or choose another folder", holder(.pid))]
    InUse {
        /// The folder.
        path: PathBuf,
        /// The process id, if known.
        pid: Option<u32>,
    },
    /// The folder was removed or replaced during the run.
    #[error("{path}: the folder was removed or replaced during the run")]
    Vanished {
        /// The folder.
        path: PathBuf,
    },
    /// The optimizer step failed.
    #[error("optimizer: {0}")]
    Optimizer(String),
    /// The device failed, usually for lack of memory.
    #[error("the device failed: {0}")]
    Device(DeviceError),
}

impl TrainError {
    /// Converts an optimizer error.
    pub(crate) fn step<E: Display + std::fmt::Debug + 'static>(error: StepError<E>) -> Self {
        match error {
            StepError::Device(error) => Self::Device(DeviceError::of(&error)),
            error => Self::Optimizer(error.to_string()),
        }
    }
}

/// A network behind tensors whose shapes are known at run time could not run.
impl<E: Display> From<GraphError<E>> for TrainError {
    fn from(error: GraphError<E>) -> Self {
        match error {
            GraphError::Device { reason, .. } => Self::Device(reason),
            error => Self::Network(error.to_string()),
        }
    }
}

/// An optimizer step failed.
impl<E: Display + std::fmt::Debug + 'static> From<StepError<E>> for TrainError {
    fn from(error: StepError<E>) -> Self {
        Self::step(error)
    }
}

/// A network with hooks could not run.
impl<E: Display> From<HookError<E>> for TrainError {
    fn from(error: HookError<E>) -> Self {
        Self::Network(error.to_string())
    }
}

/// A graph cannot be built.
impl From<Mistake> for TrainError {
    fn from(mistake: Mistake) -> Self {
        Self::Network(mistake.to_string())
    }
}

/// `process 123`
fn holder(pid: &Option<u32>) -> String {
    pid.map_or("another process".to_owned(), |pid| format!("process {pid}"))
}

/// The loss may still be finite when the step after it makes a parameter infinite.
fn loss_is(loss: &f32) -> String {
    if loss.is_finite() { format!("the loss was {loss}") } else { format!("the loss became {loss}") }
}

/// `, where ..`
fn because(cause: &Option<NonFinite>) -> String {
    cause.as_ref().map_or(String::new(), |cause| format!(", where {cause}"))
}

/// `; checkpoint in ..`
fn kept_in(folder: &Option<PathBuf>) -> String {
    folder.as_ref().map_or(String::new(), |folder| format!("; checkpoint in {}", folder.display()))
}

/// Converts device errors of any type.
pub(crate) trait OnDevice<T> {
    fn on_device(self) -> Result<T, TrainError>;
}

impl<T, E: Display + 'static> OnDevice<T> for Result<T, E> {
    fn on_device(self) -> Result<T, TrainError> {
        self.map_err(|error| TrainError::Device(DeviceError::of(&error)))
    }
}

/// Errors cross threads.
const _: () = {
    const fn is_portable<T: std::error::Error + Send + Sync + 'static>() {}
    is_portable::<TrainError>();
};

/// Of conversions that cannot fail.
impl From<std::convert::Infallible> for TrainError {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}
