//! The operations. One file each: a struct with the options, and its shape rule, parameters and cost.
//!
//! Adding one takes a file here and its name in the table below: among the operations, and in the list of each aspect that it has. The
//! functions that the table calls are, for an operation of one input,
//!
//! ```text
//! const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake>    the shape rule; all have it
//! const fn params(&self) -> Params                                                      it owns tensors
//! const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64                   it multiplies matrices
//! const fn window(&self) -> Window                                                      it slides a window over a map
//! const fn without(self, part: Part) -> Option<Self>                                    some parts do not decide the output's shape
//! ```
//!
//! An aspect that is written and not listed is dead code, which the lints refuse.
//!
//! The struct derives serde's traits under the feature `serde`, as its neighbours do: it then stands in graph files by itself.

mod activation;
mod batch_norm;
mod concat;
mod conv2d;
mod custom;
mod dropout;
mod flatten;
mod join;
mod linear;
mod param;
mod pool2d;
mod sizes;
mod softmax;
mod split;
mod subgraph;
mod window;
mod words;

pub use activation::LeakyRelu;
pub use batch_norm::{BatchNorm1d, BatchNorm2d};
pub use concat::Concat;
pub use conv2d::Conv2d;
pub use custom::Custom;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use linear::Linear;
pub use param::{Param, Params};
pub use pool2d::{AvgPool2d, MaxPool2d};
pub use sizes::Sizes;
pub use softmax::{LogSoftmax, Softmax};
pub use split::Split;
pub use subgraph::Subgraph;
pub use window::Window;
pub use words::Words;

use crate::{Mistake, Part, Shape, Site};

/// The most numbers that one tensor can hold: so many `f32` fill what a pointer can address.
pub(crate) const MOST: usize = isize::MAX as usize / 4;

macro_rules! operations {
    (
        elementwise { $($(#[$plain_doc:meta])* $plain:ident: $plain_kind:literal,)* }
        joins { $($(#[$join_doc:meta])* $join:ident: $join_kind:literal,)* }
        several { $($(#[$several_doc:meta])* $several:ident: $several_kind:literal,)* }
        layers { $($(#[$doc:meta])* $op:ident: $kind:literal,)* }
        params { $($params:ident,)* }
        multiply_adds { $($multiply_adds:ident,)* }
        window { $($window:ident,)* }
        without { $($without:ident,)* }
    ) => {
        /// One operation of a network, with its options.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum Op {
            $($(#[$plain_doc])* #[cfg_attr(feature = "serde", serde(rename = $plain_kind))] $plain,)*
            $($(#[$join_doc])* #[cfg_attr(feature = "serde", serde(rename = $join_kind))] $join,)*
            $($(#[$several_doc])* #[cfg_attr(feature = "serde", serde(rename = $several_kind))] $several($several),)*
            $($(#[$doc])* #[cfg_attr(feature = "serde", serde(rename = $kind))] $op($op),)*
        }

        impl Op {
            /// What [`Op::kind`] gives of each operation.
            pub const KINDS: &[&str] = &[$($plain_kind,)* $($join_kind,)* $($several_kind,)* $($kind,)*];

            /// The layer's name in `network!`, which is PyTorch's.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Op::$plain => $plain_kind,)*
                    $(Op::$join => $join_kind,)*
                    $(Op::$several(_) => $several_kind,)*
                    $(Op::$op(_) => $kind,)*
                }
            }

            const fn rule(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
                match self {
                    $(Op::$join => match join::infer(self, inputs, site) {
                        Ok(output) => Ok((self, output)),
                        Err(mistake) => Err(mistake),
                    },)*
                    $(Op::$several(op) => match op.infer(inputs, site) {
                        Ok(output) => Ok((self, output)),
                        Err(mistake) => Err(mistake),
                    },)*
                    $(Op::$plain => match single(inputs, site) {
                        Ok(input) => Ok((self, *input)),
                        Err(mistake) => Err(mistake),
                    },)*
                    $(Op::$op(op) => match single(inputs, site) {
                        Ok(input) => match op.infer(input, site) {
                            Ok((op, output)) => Ok((Op::$op(op), output)),
                            Err(mistake) => Err(mistake),
                        },
                        Err(mistake) => Err(mistake),
                    },)*
                }
            }

            /// The parameters and buffers that the operation owns, in the order in which PyTorch lists them. Only meaningful after
            /// [`Op::infer`].
            pub const fn params(&self) -> Params {
                match self {
                    $(Op::$params(op) => op.params(),)*
                    _ => Params::NONE,
                }
            }

            /// The multiply-adds of one sample's forward pass in convolutions and matrix products, biases not counted.
            pub const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
                match self {
                    $(Op::$multiply_adds(op) => op.multiply_adds(input, output),)*
                    _ => 0,
                }
            }

            /// The window through which an output element sees the input, for operations on maps.
            pub const fn window(&self) -> Option<Window> {
                match self {
                    $(Op::$window(op) => Some(op.window()),)*
                    _ => None,
                }
            }

            /// The operation with a part set to what cannot be wrong; None if the output's shape depends on that part.
            pub const fn without(self, part: Part) -> Option<Op> {
                match self {
                    $(Op::$without(op) => match op.without(part) {
                        Some(op) => Some(Op::$without(op)),
                        None => None,
                    },)*
                    _ => None,
                }
            }
        }
    };
}

operations! {
    // One input, no options, no effect on the shape.
    elementwise {
        /// `max(x, 0)`
        Relu: "ReLU",
        /// The hyperbolic tangent.
        Tanh: "Tanh",
        /// `1 / (1 + exp(-x))`
        Sigmoid: "Sigmoid",
    }
    // Inputs of one shape, joined element by element; the rule is in `join.rs`.
    joins {
        /// The sum of two or more values of one shape.
        Add: "Add",
        /// The first of two values of one shape less the second.
        Sub: "Sub",
        /// The product of two or more values of one shape, element by element.
        Mul: "Mul",
        /// The largest of two or more values of one shape, element by element.
        Max: "Max",
    }
    // Several inputs: `infer` takes them all and gives the output's shape.
    several {
        /// Values one behind the other along an axis.
        Concat: "Concat",
        /// Another network. In a file its operations stand in its place ([`crate::Graph::inlined`]).
        #[cfg_attr(feature = "serde", serde(skip))]
        Subgraph: "Network",
        /// A module of the user's own.
        Custom: "Custom",
    }
    // One input.
    layers {
        /// `y = x W^T + b`
        Linear: "Linear",
        /// Two-dimensional cross-correlation.
        Conv2d: "Conv2d",
        /// The largest element of each window.
        MaxPool2d: "MaxPool2d",
        /// The mean of each window.
        AvgPool2d: "AvgPool2d",
        /// All axes into one.
        Flatten: "Flatten",
        /// `x` where positive, else `negative_slope * x`
        LeakyRelu: "LeakyReLU",
        /// `exp(x) / sum(exp(x))` along an axis.
        Softmax: "Softmax",
        /// The logarithm of the softmax.
        LogSoftmax: "LogSoftmax",
        /// Zeroes elements at random while training.
        Dropout: "Dropout",
        /// Batch normalisation of features.
        BatchNorm1d: "BatchNorm1d",
        /// Batch normalisation of channels.
        BatchNorm2d: "BatchNorm2d",
        /// One of the equal parts of a value along an axis.
        Split: "Split",
    }
    params {
        Linear,
        Conv2d,
        BatchNorm1d,
        BatchNorm2d,
    }
    multiply_adds {
        Linear,
        Conv2d,
        Subgraph,
    }
    window {
        Conv2d,
        MaxPool2d,
        AvgPool2d,
    }
    without {
        Linear,
        Conv2d,
        LeakyRelu,
        Dropout,
        BatchNorm1d,
        BatchNorm2d,
    }
}

impl Op {
    /// The shape rule: fills in the sizes that were left out ([`crate::INFER`]) and works out the output's shape.
    ///
    /// # Errors
    /// A [`Mistake`] where the operation cannot act on these inputs or its options contradict each other. An input of
    /// [`Shape::UNKNOWN`] gives an unknown output and no mistake: the cause has been reported already.
    pub const fn infer(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
        let mut i = 0;
        while i < inputs.len() {
            if inputs[i].is_unknown() {
                return Ok((self, Shape::UNKNOWN));
            }
            i += 1;
        }
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
}

/// The input of an operation that has one.
const fn single<'a>(inputs: &'a [Shape], site: &Site) -> Result<&'a Shape, Mistake> {
    match inputs {
        [input] => Ok(input),
        _ => {
            let text = site.start().str(" takes one value, but receives ").num(inputs.len());
            Err(Mistake::new(Part::Layer, text))
        }
    }
}
