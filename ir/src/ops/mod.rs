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
//! const fn magnify(&self) -> [usize; 2]                                                 it makes a map larger
//! const fn without(self, part: Part) -> Option<Self>                                    some parts do not decide the output's shape
//! ```
//!
//! An aspect that is written and not listed is dead code, which the lints refuse.
//!
//! The struct derives serde's traits under the feature `serde`, as its neighbours do: it then stands in graph files by itself.

mod activation;
mod adaptive_pool;
mod attention;
mod axis;
mod batch_norm;
mod channels;
mod concat;
mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod custom;
mod drop_connect;
mod dropout;
mod embedding;
mod flatten;
mod global_pool;
mod glu;
mod group_norm;
mod gru;
mod join;
mod layer_norm;
mod linear;
mod local_response_norm;
mod lstm;
mod masked_conv2d;
mod maxout;
mod pad;
mod param;
mod pool1d;
mod pool2d;
mod prelu;
mod recurrent;
mod reduce;
mod reshape;
mod rnn;
mod sizes;
mod slice;
mod softmax;
mod split;
mod subgraph;
mod unpack;
mod unpool;
mod upsample;
mod window;
mod words;

pub use activation::{Approximation, Elu, Gelu, HardTanh, LeakyRelu, Softplus};
pub use adaptive_pool::{AdaptiveAvgPool2d, FractionalMaxPool2d};
pub use attention::MultiHeadAttention;
pub use batch_norm::{BatchNorm1d, BatchNorm2d};
pub use concat::Concat;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use custom::Custom;
pub use drop_connect::DropConnect;
pub use dropout::{Dropout, Dropout2d, StochasticDepth};
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use global_pool::GlobalAvgPool2d;
pub use glu::Glu;
pub use group_norm::{GroupNorm, InstanceNorm2d};
pub use gru::Gru;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use local_response_norm::LocalResponseNorm;
pub use lstm::Lstm;
pub use masked_conv2d::{Mask, MaskedConv2d, Stack};
pub use maxout::Maxout;
pub use pad::{Pad, PadMode};
pub use param::{Param, Params};
pub use pool1d::{AvgPool1d, MaxPool1d};
pub use pool2d::{AvgPool2d, MaxPool2d};
pub use prelu::PRelu;
pub use recurrent::{Cell, MOST_LAYERS, Recurrent, Steps};
pub use reduce::{Amax, Mean};
pub use reshape::{Permute, Reshape};
pub use rnn::{Nonlinearity, Rnn};
pub use sizes::Sizes;
pub use slice::Slice;
pub use softmax::{LogSoftmax, Softmax};
pub use split::Split;
pub use subgraph::Subgraph;
pub use unpack::Unpack;
pub use unpool::MaxUnpool2d;
pub use upsample::{Interpolation, Upsample};
pub use window::Window;
pub use words::Words;
pub(crate) use words::words;

use crate::{Mistake, Part, Shape, Site, Text};

/// The most numbers that one tensor can hold: so many `f32` fill what a pointer can address.
pub(crate) const MOST: usize = isize::MAX as usize / 4;

macro_rules! operations {
    (
        elementwise { $($(#[$plain_doc:meta])* $plain:ident: $plain_kind:literal,)* }
        joins { $($(#[$join_doc:meta])* $join:ident: $join_kind:literal,)* }
        several { $($(#[$several_doc:meta])* $several:ident: $several_kind:literal,)* }
        states { $($(#[$states_doc:meta])* $states:ident: $states_kind:literal,)* }
        layers { $($(#[$doc:meta])* $op:ident: $kind:literal,)* }
        params { $($params:ident,)* }
        multiply_adds { $($multiply_adds:ident,)* }
        window { $($window:ident,)* }
        magnify { $($magnify:ident,)* }
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
            $($(#[$states_doc])* #[cfg_attr(feature = "serde", serde(rename = $states_kind))] $states($states),)*
            $($(#[$doc])* #[cfg_attr(feature = "serde", serde(rename = $kind))] $op($op),)*
        }

        impl Op {
            /// What [`Op::kind`] gives of each operation.
            pub const KINDS: &[&str] = &[$($plain_kind,)* $($join_kind,)* $($several_kind,)* $($states_kind,)* $($kind,)*];

            /// The layer's name in `network!`, which is PyTorch's.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Op::$plain => $plain_kind,)*
                    $(Op::$join => $join_kind,)*
                    $(Op::$several(_) => $several_kind,)*
                    $(Op::$states(_) => $states_kind,)*
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
                    $(Op::$states(op) => match op.infer(inputs, site) {
                        Ok((op, output)) => Ok((Op::$states(op), output)),
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

            /// How many elements along height and width stand where one stood, for operations that make a map larger.
            pub const fn magnify(&self) -> Option<[usize; 2]> {
                match self {
                    $(Op::$magnify(op) => Some(op.magnify()),)*
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
        /// `scale x` where positive, else `scale alpha (exp(x) - 1)`, with the constants that keep mean 0 and variance 1 (Klambauer et
        /// al., 2017, arXiv 1706.02515).
        Selu: "SELU",
        /// `x / (1 + exp(-x))`
        Silu: "SiLU",
        /// `min(max(x, 0), 6)`
        Relu6: "ReLU6",
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
        /// While training, a number drawn from each Gaussian: `mean + exp(logvar / 2) noise`, of which both the mean and the logarithm of the
        /// variance get gradients; at inference the mean. The current tensor is the mean, `logvar` the logarithm of the variance, of the same
        /// shape, any (Kingma and Welling, 2014, arXiv 1312.6114, section 2.4).
        Reparameterize: "Reparameterize",
    }
    // Several inputs: `infer` takes them all and gives the output's shape.
    several {
        /// Values one behind the other along an axis.
        Concat: "Concat",
        /// Values where a pool had its largest elements.
        MaxUnpool2d: "MaxUnpool2d",
        /// Another network. In a file its operations stand in its place ([`crate::Graph::inlined`]).
        #[cfg_attr(feature = "serde", serde(skip))]
        Subgraph: "Network",
        /// A module of the user's own.
        #[cfg_attr(feature = "serde", serde(skip))]
        Custom: "Custom",
    }
    // A sequence, and perhaps the states that it begins with.
    states {
        /// The plain recurrent layer.
        Rnn: "Rnn",
        /// Long short-term memory.
        Lstm: "Lstm",
        /// Gated recurrent unit.
        Gru: "Gru",
    }
    // One input.
    layers {
        /// `y = x W^T + b`
        Linear: "Linear",
        /// `Linear` with weights dropped at random while training.
        DropConnect: "DropConnect",
        /// The largest of several linear functions.
        Maxout: "Maxout",
        /// One-dimensional cross-correlation.
        Conv1d: "Conv1d",
        /// Two-dimensional cross-correlation.
        Conv2d: "Conv2d",
        /// The transpose of a two-dimensional cross-correlation.
        ConvTranspose2d: "ConvTranspose2d",
        /// A convolution that sees the pixels before its own.
        MaskedConv2d: "MaskedConv2d",
        /// The largest element of each window.
        MaxPool2d: "MaxPool2d",
        /// The mean of each window.
        AvgPool2d: "AvgPool2d",
        /// The largest element of each window of a sequence.
        MaxPool1d: "MaxPool1d",
        /// The mean of each window of a sequence.
        AvgPool1d: "AvgPool1d",
        /// Means of windows, as many as stated.
        AdaptiveAvgPool2d: "AdaptiveAvgPool2d",
        /// Maxima of windows at distances that vary, as many as stated.
        FractionalMaxPool2d: "FractionalMaxPool2d",
        /// The mean of each channel.
        GlobalAvgPool2d: "GlobalAvgPool2d",
        /// A map made larger.
        Upsample: "Upsample",
        /// All axes into one.
        Flatten: "Flatten",
        /// The same elements under other sizes.
        Reshape: "Reshape",
        /// The axes in another order.
        Permute: "Permute",
        /// Elements added around a map.
        Pad: "Pad",
        /// A part along an axis.
        Slice: "Slice",
        /// The mean over axes.
        Mean: "Mean",
        /// The maximum over axes.
        Amax: "Amax",
        /// `x` where positive, else `negative_slope * x`
        LeakyRelu: "LeakyReLU",
        /// `x` times the normal distribution's `P(X < x)`
        Gelu: "GELU",
        /// `x` where positive, else a learned slope times it.
        PRelu: "PReLU",
        /// `x` where positive, else `alpha (exp(x) - 1)`
        Elu: "ELU",
        /// `ln(1 + exp(beta x)) / beta`
        Softplus: "Softplus",
        /// `x` between two bounds.
        HardTanh: "HardTanh",
        /// One half times the sigmoid of the other.
        Glu: "GLU",
        /// `exp(x) / sum(exp(x))` along an axis.
        Softmax: "Softmax",
        /// The logarithm of the softmax.
        LogSoftmax: "LogSoftmax",
        /// Zeroes elements at random while training.
        Dropout: "Dropout",
        /// Zeroes channels at random while training.
        Dropout2d: "Dropout2d",
        /// Zeroes samples at random while training.
        StochasticDepth: "StochasticDepth",
        /// Batch normalisation of features.
        BatchNorm1d: "BatchNorm1d",
        /// Batch normalisation of channels.
        BatchNorm2d: "BatchNorm2d",
        /// Normalisation of each sample over its last axes.
        LayerNorm: "LayerNorm",
        /// Normalisation of each sample by groups of channels.
        GroupNorm: "GroupNorm",
        /// Normalisation of each channel of each sample.
        InstanceNorm2d: "InstanceNorm2d",
        /// Division by the squares in the channels around.
        LocalResponseNorm: "LocalResponseNorm",
        /// One of the equal parts of a value along an axis.
        Split: "Split",
        /// Rows of a table by token ids.
        Embedding: "Embedding",
        /// Self-attention with several heads.
        MultiHeadAttention: "MultiHeadAttention",
        /// Output or final states of a recurrent layer.
        Unpack: "Unpack",
    }
    params {
        Linear,
        DropConnect,
        Maxout,
        Conv1d,
        Conv2d,
        ConvTranspose2d,
        MaskedConv2d,
        BatchNorm1d,
        BatchNorm2d,
        LayerNorm,
        GroupNorm,
        InstanceNorm2d,
        PRelu,
        Embedding,
        Rnn,
        Lstm,
        Gru,
        MultiHeadAttention,
    }
    multiply_adds {
        Linear,
        DropConnect,
        Maxout,
        Conv1d,
        Conv2d,
        ConvTranspose2d,
        MaskedConv2d,
        Subgraph,
        Rnn,
        Lstm,
        Gru,
        MultiHeadAttention,
    }
    window {
        Conv1d,
        Conv2d,
        MaskedConv2d,
        MaxPool1d,
        MaxPool2d,
        AvgPool1d,
        AvgPool2d,
    }
    magnify {
        ConvTranspose2d,
        Upsample,
    }
    without {
        Linear,
        DropConnect,
        Maxout,
        Conv1d,
        Conv2d,
        ConvTranspose2d,
        MaskedConv2d,
        Upsample,
        LayerNorm,
        LeakyRelu,
        PRelu,
        Elu,
        Softplus,
        HardTanh,
        Dropout,
        Dropout2d,
        StochasticDepth,
        GroupNorm,
        InstanceNorm2d,
        LocalResponseNorm,
        BatchNorm1d,
        BatchNorm2d,
        Embedding,
        Rnn,
        Lstm,
        Gru,
        MultiHeadAttention,
    }
}

impl Op {
    /// Does it draw random numbers while training?
    pub const fn is_random(&self) -> bool {
        match self {
            Op::Dropout(_) | Op::Dropout2d(_) | Op::StochasticDepth(_) => true,
            Op::DropConnect(_) | Op::FractionalMaxPool2d(_) | Op::Reparameterize => true,
            Op::MultiHeadAttention(op) => op.dropout > 0.0,
            _ => match self.recurrent() {
                Some(op) => op.dropout > 0.0,
                None => false,
            },
        }
    }

    /// The recurrent layer that this is.
    pub const fn recurrent(&self) -> Option<Recurrent> {
        match self {
            Op::Rnn(op) => Some(op.view()),
            Op::Lstm(op) => Some(op.view()),
            Op::Gru(op) => Some(op.view()),
            _ => None,
        }
    }

    /// Of token ids most operations can make nothing.
    const fn takes_ids(&self) -> bool {
        matches!(self, Op::Embedding(_) | Op::Subgraph(_) | Op::Custom(_))
    }

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
            if inputs[i].is_ids() && !self.takes_ids() {
                let text = site.start().str(" works on numbers, but receives token ids: ").shape(&inputs[i]).str(" ");
                let help = Text::new().str("put `Embedding(65 -> 64)` before it, for ids below 65 and 64 features of each");
                let part = if i == 0 { Part::Layer } else { Part::Branch(i) };
                return Err(Mistake::new(part, site.from_nth(text, i)).help(help));
            }
            i += 1;
        }
        let outcome = self.rule(inputs, site);
        if let Err(mistake) = &outcome {
            return Err(mistake.of_kind(self.kind(), site));
        }
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
