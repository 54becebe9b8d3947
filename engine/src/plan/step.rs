//! One thing to do: a node of the graph with the activation fused to it.

use super::Convolution;
use crate::kernels::{Slide, activation::Activation, pool2d::Mean, softmax};

/// A node of the graph, or a node and the activation after it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The node's index.
    pub node: usize,
    /// What is done.
    pub kernel: Kernel,
    /// The value it takes.
    pub input: usize,
    /// The value it gives: after the activation, where one is fused.
    pub output: usize,
    /// The first of its tensors.
    pub first_param: usize,
    /// What is applied to the result.
    pub activation: Option<Activation>,
    /// Does the output overwrite the input?
    pub in_place: bool,
    /// What backward does with the gradient of the input.
    pub writes: Writes,
    /// Does a gradient arrive at the output, and is something done with it?
    pub backward: bool,
    /// Are its parameters' gradients worked out by all threads together?
    pub wide: bool,
}

/// What backward does with the gradient of a step's input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Writes {
    /// It is not wanted.
    Nothing,
    /// It takes the place of the output's, in the same buffer.
    InPlace,
    /// It is the first to be written.
    Set,
    /// It is added to what other users of the value have written.
    Add,
}

/// What a step does, with all sizes.
#[derive(Clone, Debug)]
pub enum Kernel {
    /// Nothing: the output is the input under another shape.
    Alias,
    /// An activation by itself. `by_input`: its derivative is told from its input rather than from its result.
    Activation {
        /// The function.
        function: Activation,
        /// See above.
        by_input: bool,
    },
    /// Matrix product with the weights.
    Linear(Dense),
    /// Convolution.
    Conv2d(Convolution),
    /// Maximum of windows, in each channel.
    MaxPool2d(Slide),
    /// Mean of windows, in each channel.
    AvgPool2d(Mean),
    /// Softmax or its logarithm along an axis.
    Softmax {
        /// The axis, the batch not counted.
        axis: usize,
        /// The logarithm?
        log: bool,
    },
    /// Dropout while training.
    Dropout {
        /// The probability of dropping.
        p: f64,
    },
    /// Batch normalisation.
    BatchNorm(Normalisation),
}

impl Kernel {
    /// Does its backward pass read the step's input?
    pub fn needs_input(&self) -> bool {
        match self {
            Kernel::Linear(_) | Kernel::Conv2d(_) | Kernel::MaxPool2d(_) | Kernel::BatchNorm(_) => true,
            Kernel::Activation { by_input, .. } => *by_input,
            Kernel::Alias | Kernel::AvgPool2d(_) | Kernel::Softmax { .. } | Kernel::Dropout { .. } => false,
        }
    }

    /// Does its backward pass read the step's output? (A fused activation does too.)
    pub fn needs_output(&self) -> bool {
        match self {
            Kernel::Softmax { .. } => true,
            Kernel::Activation { by_input, .. } => !by_input,
            _ => false,
        }
    }

    /// Can it work in the buffer of its input, forward and backward?
    pub fn is_elementwise(&self) -> bool {
        matches!(self, Kernel::Activation { .. } | Kernel::Softmax { .. } | Kernel::Dropout { .. })
    }
}

/// A fully connected layer.
#[derive(Clone, Copy, Debug)]
pub struct Dense {
    /// Rows of one sample: 1, or the length.
    pub rows: usize,
    /// Features in.
    pub inputs: usize,
    /// Features out.
    pub outputs: usize,
    /// Is there a bias?
    pub bias: bool,
}

/// A batch normalisation.
#[derive(Clone, Copy, Debug)]
pub struct Normalisation {
    /// Its number among the batch normalisations.
    pub index: usize,
    /// Normalised features.
    pub channels: usize,
    /// Elements of a feature in one sample.
    pub positions: usize,
    /// Added to the variance.
    pub eps: f64,
    /// The weight of the new batch in the running statistics.
    pub momentum: f64,
    /// Is there a learnt scale and shift?
    pub affine: bool,
    /// Does it use the batch's own statistics?
    pub train: bool,
}

/// The axes of a lane's buffer along which a softmax runs.
pub fn softmax_axes(value: &super::Value, axis: usize, images: usize) -> softmax::Axes {
    let dims = value.shape.dims();
    let before: usize = dims[..axis].iter().product();
    let after: usize = dims[axis + 1..].iter().product();
    softmax::Axes { outer: before, len: dims[axis], inner: after * images }
}
