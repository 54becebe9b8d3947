//! The operations. One file each: options, shape rule, parameters, cost.
//!
//! Adding one takes a file here and one arm in each `match` of this page.

mod activation;
mod batch_norm;
mod conv2d;
mod dropout;
mod flatten;
mod linear;
mod param;
mod pool2d;
mod softmax;
mod window;

pub use activation::LeakyRelu;
pub use batch_norm::{BatchNorm1d, BatchNorm2d};
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use linear::Linear;
pub use param::{Param, Params};
pub use pool2d::{AvgPool2d, MaxPool2d};
pub use softmax::{LogSoftmax, Softmax};
pub use window::Window;

use crate::{Mistake, Shape, Site};

/// One operation of a network, with its options.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Op {
    /// `y = x W^T + b`
    Linear(Linear),
    /// Two-dimensional cross-correlation.
    Conv2d(Conv2d),
    /// The largest element of each window.
    MaxPool2d(MaxPool2d),
    /// The mean of each window.
    AvgPool2d(AvgPool2d),
    /// All axes into one.
    Flatten(Flatten),
    /// `max(x, 0)`
    Relu,
    /// `x` where positive, else `negative_slope * x`
    LeakyRelu(LeakyRelu),
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
    /// `exp(x) / sum(exp(x))` along an axis.
    Softmax(Softmax),
    /// The logarithm of the softmax.
    LogSoftmax(LogSoftmax),
    /// Zeroes elements at random while training.
    Dropout(Dropout),
    /// Batch normalisation of features.
    BatchNorm1d(BatchNorm1d),
    /// Batch normalisation of channels.
    BatchNorm2d(BatchNorm2d),
}

impl Op {
    /// The layer's name in `network!`, which is PyTorch's.
    pub const fn kind(&self) -> &'static str {
        match self {
            Op::Linear(_) => "Linear",
            Op::Conv2d(_) => "Conv2d",
            Op::MaxPool2d(_) => "MaxPool2d",
            Op::AvgPool2d(_) => "AvgPool2d",
            Op::Flatten(_) => "Flatten",
            Op::Relu => "ReLU",
            Op::LeakyRelu(_) => "LeakyReLU",
            Op::Tanh => "Tanh",
            Op::Sigmoid => "Sigmoid",
            Op::Softmax(_) => "Softmax",
            Op::LogSoftmax(_) => "LogSoftmax",
            Op::Dropout(_) => "Dropout",
            Op::BatchNorm1d(_) => "BatchNorm1d",
            Op::BatchNorm2d(_) => "BatchNorm2d",
        }
    }

    /// The shape rule: fills in the sizes that were left out ([`crate::INFER`]) and works out the output's shape.
    ///
    /// # Errors
    /// A [`Mistake`] where the operation cannot act on these inputs or its options contradict each other. An input of
    /// [`Shape::UNKNOWN`] gives an unknown output and no mistake: the cause has been reported already.
    pub const fn infer(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
        let input = match inputs {
            [input] => input,
            _ => panic!("every operation so far takes one input"),
        };
        if input.is_unknown() {
            return Ok((self, Shape::UNKNOWN));
        }
        match self {
            Op::Linear(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::Linear(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::Conv2d(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::Conv2d(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::BatchNorm1d(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::BatchNorm1d(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::BatchNorm2d(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::BatchNorm2d(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::Softmax(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::Softmax(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::LogSoftmax(op) => match op.infer(input, site) {
                Ok((op, output)) => Ok((Op::LogSoftmax(op), output)),
                Err(mistake) => Err(mistake),
            },
            Op::MaxPool2d(op) => with(self, op.infer(input, site)),
            Op::AvgPool2d(op) => with(self, op.infer(input, site)),
            Op::Flatten(op) => with(self, op.infer(input, site)),
            Op::Dropout(op) => with(self, op.infer(input, site)),
            Op::LeakyRelu(op) => with(self, op.infer(input, site)),
            Op::Relu | Op::Tanh | Op::Sigmoid => Ok((self, *input)),
        }
    }

    /// The parameters and buffers that the operation owns, in the order in which PyTorch lists them. Only meaningful after
    /// [`Op::infer`].
    pub const fn params(&self) -> Params {
        match self {
            Op::Linear(op) => op.params(),
            Op::Conv2d(op) => op.params(),
            Op::BatchNorm1d(op) => op.params(),
            Op::BatchNorm2d(op) => op.params(),
            _ => Params::NONE,
        }
    }

    /// The multiply-adds of one sample's forward pass in convolutions and matrix products, biases not counted.
    pub const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        match self {
            Op::Linear(op) => op.multiply_adds(input),
            Op::Conv2d(op) => op.multiply_adds(output),
            _ => 0,
        }
    }

    /// The window through which an output element sees the input, for operations on maps.
    pub const fn window(&self) -> Option<Window> {
        match self {
            Op::Conv2d(op) => Some(op.window()),
            Op::MaxPool2d(op) => Some(op.window()),
            Op::AvgPool2d(op) => Some(op.window()),
            _ => None,
        }
    }
}

/// Pairs an operation that leaves nothing to infer with its output's shape.
const fn with(op: Op, output: Result<Shape, Mistake>) -> Result<(Op, Shape), Mistake> {
    match output {
        Ok(output) => Ok((op, output)),
        Err(mistake) => Err(mistake),
    }
}
