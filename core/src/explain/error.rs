//! Errors of explanations.

use std::fmt::Display;

use crate::hook::HookError;

/// Why a network cannot be explained. `Err` is the device's error.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError<Err: Display> {
    /// A layer does not exist, the inputs do not fit, or the device failed.
    #[error(transparent)]
    Hook(HookError<Err>),
    /// The network does not take one tensor of numbers.
    #[error("`{graph}` takes {found}; an explanation needs a network with one input of numbers")]
    Inputs {
        /// The network's name.
        graph: String,
        /// Its inputs.
        found: String,
    },
    /// The class does not exist.
    #[error("class {class} of `{graph}` does not exist: its output has {classes} classes, counted from 0")]
    Class {
        /// The network's name.
        graph: String,
        /// The class.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// There is not one class for each sample.
    #[error("{classes} classes for a batch of {batch} samples; expected one for each")]
    Classes {
        /// The number of classes.
        classes: usize,
        /// The batch size.
        batch: usize,
    },
    /// The channel does not exist.
    #[error("channel {channel} of `{layer}` does not exist: it has {channels}, counted from 0")]
    Channel {
        /// The layer.
        layer: String,
        /// The channel.
        channel: usize,
        /// The number of channels.
        channels: usize,
    },
    /// The position does not exist.
    #[error("position {at:?} of `{layer}` does not exist: the sizes behind the channels are {sizes:?}")]
    Position {
        /// The layer.
        layer: String,
        /// The position.
        at: Vec<usize>,
        /// The sizes of the layer's output behind the batch and the channels.
        sizes: Vec<usize>,
    },
    /// The method changes the gradient of ReLU, and there is none.
    #[error("`{graph}` has no ReLU before the target; {method} differs from the gradient only there")]
    NoRelu {
        /// The network's name.
        graph: String,
        /// The method.
        method: &'static str,
    },
    /// The value of a layer is not what the method needs.
    #[error("`{layer}` gives {found:?} for each sample; {method} needs {expected}")]
    Layer {
        /// The layer.
        layer: String,
        /// The method.
        method: &'static str,
        /// What it needs.
        expected: &'static str,
        /// The sizes without the batch.
        found: Vec<usize>,
    },
    /// A tensor has other sizes than it should have.
    #[error("{what} has the sizes {found:?}; expected {expected:?}")]
    Sizes {
        /// The tensor.
        what: &'static str,
        /// The sizes it should have.
        expected: Vec<usize>,
        /// The sizes it has.
        found: Vec<usize>,
    },
    /// An option has a value that means nothing.
    #[error("`{option}` is {found}; expected {expected}")]
    Option {
        /// The option.
        option: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The picture became NaN or infinite.
    #[error("the picture is not finite after step {step}: use a smaller learning rate")]
    Diverged {
        /// The step, counted from 1.
        step: usize,
    },
}

impl<Err: Display> From<HookError<Err>> for ExplainError<Err> {
    fn from(error: HookError<Err>) -> Self {
        Self::Hook(error)
    }
}

impl<Err: Display + 'static> From<Err> for ExplainError<Err> {
    fn from(error: Err) -> Self {
        Self::Hook(HookError::from(error))
    }
}

/// Checks an option.
pub(super) fn check<Err: Display>(
    right: bool,
    option: &'static str,
    expected: &'static str,
    found: impl Display,
) -> Result<(), ExplainError<Err>> {
    if right { Ok(()) } else { Err(ExplainError::Option { option, expected, found: found.to_string() }) }
}
