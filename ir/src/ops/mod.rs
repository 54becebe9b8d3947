//! The operations. One file each: options, shape rule, parameters, cost.
//!
//! Adding one takes a file here and one arm in each `match` of this page. Its options derive serde's traits under the feature `serde`: they
//! then stand in graph files by themselves, under the name that [`Op::kind`] gives (the variant's, but for capitals).

mod activation;
mod batch_norm;
mod concat;
mod conv2d;
mod dropout;
mod flatten;
mod join;
mod linear;
mod param;
mod pool2d;
mod softmax;
mod split;
mod subgraph;
mod window;

pub use activation::LeakyRelu;
pub use batch_norm::{BatchNorm1d, BatchNorm2d};
pub use concat::Concat;
pub use conv2d::Conv2d;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use linear::Linear;
pub use param::{Param, Params};
pub use pool2d::{AvgPool2d, MaxPool2d};
pub use softmax::{LogSoftmax, Softmax};
pub use split::Split;
pub use subgraph::Subgraph;
pub use window::Window;

use crate::{Mistake, Part, Shape, Site};

/// The most numbers that one tensor can hold: so many `f32` fill what a pointer can address.
pub(crate) const MOST: usize = isize::MAX as usize / 4;

/// One operation of a network, with its options.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    /// The sum of two or more values of one shape.
    Add,
    /// The first of two values of one shape less the second.
    Sub,
    /// The product of two or more values of one shape, element by element.
    Mul,
    /// The largest of two or more values of one shape, element by element.
    Max,
    /// Values one behind the other along an axis.
    Concat(Concat),
    /// One of the equal parts of a value along an axis.
    Split(Split),
    /// Another network. In a file its operations stand in its place ([`crate::Graph::inlined`]).
    #[cfg_attr(feature = "serde", serde(skip))]
    Subgraph(Subgraph),
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
            Op::Add => "Add",
            Op::Sub => "Sub",
            Op::Mul => "Mul",
            Op::Max => "Max",
            Op::Concat(_) => "Concat",
            Op::Split(_) => "Split",
            Op::Subgraph(_) => "Network",
        }
    }

    /// The shape rule: fills in the sizes that were left out ([`crate::INFER`]) and works out the output's shape.
    ///
    /// # Errors
    /// A [`Mistake`] where the operation cannot act on these inputs or its options contradict each other. An input of
    /// [`Shape::UNKNOWN`] gives an unknown output and no mistake: the cause has been reported already.
    pub const fn infer(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
        let outcome = self.rule(inputs, site);
        if let Ok((op, output)) = &outcome
            && !output.is_unknown()
            && (output.len() > MOST || op.params().count() > MOST)
        {
            let text = site.start().str(" gives ").shape(output).str("; its numbers are more than any memory can hold");
            return Err(Mistake::new(Part::Layer, text));
        }
        outcome
    }

    const fn rule(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
        let mut i = 0;
        while i < inputs.len() {
            if inputs[i].is_unknown() {
                return Ok((self, Shape::UNKNOWN));
            }
            i += 1;
        }
        match self {
            Op::Add => return with(self, join::infer("adds", inputs, site)),
            Op::Sub => return with(self, subtract(inputs, site)),
            Op::Mul => return with(self, join::infer("multiplies", inputs, site)),
            Op::Max => return with(self, join::infer("takes the maximum of", inputs, site)),
            Op::Concat(op) => return with(self, op.infer(inputs, site)),
            Op::Subgraph(op) => return with(self, op.infer(inputs, site)),
            _ => {}
        }
        let input = match inputs {
            [input] => input,
            _ => {
                let text = site.start().str(" takes one value, but receives ").num(inputs.len());
                return Err(Mistake::new(Part::Layer, text));
            }
        };
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
            Op::Split(op) => with(self, op.infer(input, site)),
            Op::LeakyRelu(op) => with(self, op.infer(input, site)),
            Op::Relu | Op::Tanh | Op::Sigmoid => Ok((self, *input)),
            // Those of several inputs are done with above.
            Op::Add | Op::Sub | Op::Mul | Op::Max | Op::Concat(_) | Op::Subgraph(_) => Ok((self, *input)),
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
            Op::Subgraph(op) if op.output == 0 => op.graph.flops() / 2,
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

/// A difference is of two.
const fn subtract(inputs: &[Shape], site: &Site) -> Result<Shape, Mistake> {
    if inputs.len() > 2 {
        let text = site.start().str(" subtracts one value from another, but receives ").num(inputs.len());
        return Err(Mistake::new(Part::Layer, text));
    }
    join::infer("subtracts from", inputs, site)
}
