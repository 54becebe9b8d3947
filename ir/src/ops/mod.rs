//! The operations, one file each: the specification ([`operation!`](crate::spec)), and shape rule, tensors and cost as `const fn`s.
//!
//! To add an operation, add its file, its `mod` and its line in the list below. `operation!` documents what the file contains.

mod abs;
mod adaptive_avg_pool2d;
mod add;
mod amax;
mod amin;
mod avg_pool1d;
mod avg_pool2d;
mod batch_norm1d;
mod batch_norm2d;
mod chunk;
mod clamp;
mod concat;
mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod custom;
mod div;
mod drop_connect;
mod dropout;
mod dropout2d;
mod elu;
mod embedding;
mod exp;
mod flatten;
mod fractional_max_pool2d;
mod gelu;
mod global_avg_pool2d;
mod global_max_pool2d;
mod glu;
mod group_norm;
mod gru;
mod hardsigmoid;
mod hardswish;
mod hardtanh;
mod instance_norm2d;
mod layer_norm;
mod leaky_relu;
mod linear;
mod local_response_norm;
mod log;
mod log_softmax;
mod lstm;
mod masked_conv2d;
mod matmul;
mod max_pool1d;
mod max_pool2d;
mod max_unpool2d;
mod maximum;
mod maxout;
mod mean;
mod minimum;
mod mish;
mod mul;
mod multihead_attention;
mod nan_to_num;
mod pad;
mod parameter;
mod permute;
mod pixel_shuffle;
mod pow;
mod prelu;
mod prelude;
mod recurrent;
mod relu;
mod relu6;
mod reparameterize;
mod rescaling;
mod reshape;
mod rms_norm;
mod rnn;
mod rrelu;
mod rule;
mod select;
mod selu;
mod sigmoid;
mod silu;
mod slice;
mod softmax;
mod softmin;
mod softplus;
mod softshrink;
mod softsign;
mod split;
mod sqrt;
mod squeeze;
mod stochastic_depth;
mod sub;
mod subgraph;
mod sum;
mod tanh;
mod threshold;
mod transpose;
mod unsqueeze;
mod upsample;

pub use abs::Abs;
pub use adaptive_avg_pool2d::AdaptiveAvgPool2d;
pub use add::Add;
pub use amax::Amax;
pub use amin::Amin;
pub use avg_pool1d::AvgPool1d;
pub use avg_pool2d::AvgPool2d;
pub use batch_norm1d::BatchNorm1d;
pub use batch_norm2d::BatchNorm2d;
pub use chunk::Chunk;
pub use clamp::Clamp;
pub use concat::Concat;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use custom::Custom;
pub use div::Div;
pub use drop_connect::DropConnect;
pub use dropout::Dropout;
pub use dropout2d::Dropout2d;
pub use elu::Elu;
pub use embedding::Embedding;
pub use exp::Exp;
pub use flatten::Flatten;
pub use fractional_max_pool2d::FractionalMaxPool2d;
pub use gelu::{Approximation, Gelu};
pub use global_avg_pool2d::GlobalAvgPool2d;
pub use global_max_pool2d::GlobalMaxPool2d;
pub use glu::Glu;
pub use group_norm::GroupNorm;
pub use gru::Gru;
pub use hardsigmoid::Hardsigmoid;
pub use hardswish::Hardswish;
pub use hardtanh::Hardtanh;
pub use instance_norm2d::InstanceNorm2d;
pub use layer_norm::LayerNorm;
pub use leaky_relu::LeakyRelu;
pub use linear::Linear;
pub use local_response_norm::LocalResponseNorm;
pub use log::Log;
pub use log_softmax::LogSoftmax;
pub use lstm::Lstm;
pub use masked_conv2d::{Mask, MaskedConv2d, Stack};
pub use matmul::MatMul;
pub use max_pool1d::MaxPool1d;
pub use max_pool2d::MaxPool2d;
pub use max_unpool2d::MaxUnpool2d;
pub use maximum::Maximum;
pub use maxout::Maxout;
pub use mean::Mean;
pub use minimum::Minimum;
pub use mish::Mish;
pub use mul::Mul;
pub use multihead_attention::MultiheadAttention;
pub use nan_to_num::NanToNum;
pub use pad::{Pad, PadMode};
pub use parameter::Parameter;
pub use permute::Permute;
pub use pixel_shuffle::PixelShuffle;
pub use pow::Pow;
pub use prelu::Prelu;
pub use recurrent::{Cell, MOST_LAYERS, Recurrent, Steps};
pub use relu::Relu;
pub use relu6::Relu6;
pub use reparameterize::Reparameterize;
pub use rescaling::Rescaling;
pub use reshape::Reshape;
pub use rms_norm::RmsNorm;
pub use rnn::{Nonlinearity, Rnn};
pub use rrelu::Rrelu;
pub(crate) use rule::single;
pub use select::Select;
pub use selu::Selu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use slice::Slice;
pub use softmax::Softmax;
pub use softmin::Softmin;
pub use softplus::Softplus;
pub use softshrink::Softshrink;
pub use softsign::Softsign;
pub use split::Split;
pub use sqrt::Sqrt;
pub use squeeze::Squeeze;
pub use stochastic_depth::StochasticDepth;
pub use sub::Sub;
pub use subgraph::Subgraph;
pub use sum::Sum;
pub use tanh::Tanh;
pub use threshold::Threshold;
pub use transpose::Transpose;
pub use unsqueeze::Unsqueeze;
pub use upsample::{Interpolation, Upsample};

pub use crate::params::{Param, Params};
pub use crate::rules::window::Window;
use crate::spec::{Initial, Spec, Value};
pub use crate::spec::{Sizes, Words};
use crate::{Mistake, Part, Shape, Site};

/// The maximum number of elements of a tensor: that many `f32` fill the address space.
pub(crate) const MOST: usize = isize::MAX as usize / 4;

macro_rules! operations {
    ($d:tt operations { $($op:ident,)* } structural { $($structural:ident,)* }) => {
        /// One operation of a network, with its options.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Op {
            $(#[doc = concat!("[`", stringify!($op), "`]")] $op($op),)*
            $(#[doc = concat!("[`", stringify!($structural), "`]")] $structural($structural),)*
        }

        impl Op {
            /// The specifications of all operations that `network!` accepts, in the order in which messages and the guide list them.
            pub const SPECS: &[&Spec] = &[$(&$op::SPEC),*];

            /// The names of these operations.
            pub const KINDS: &[&str] = &[$($op::SPEC.kind),*];

            /// The operation's specification.
            pub const fn spec(&self) -> &'static Spec {
                match self {
                    $(Op::$op(_) => &$op::SPEC,)*
                    $(Op::$structural(_) => &$structural::SPEC,)*
                }
            }

            /// The values of its options, in the order of [`Spec::fields`].
            pub fn values(&self) -> Vec<Value> {
                match self {
                    $(Op::$op(op) => op.values(),)*
                    $(Op::$structural(_) => Vec::new(),)*
                }
            }

            const fn rule(self, inputs: &[Shape], site: &Site) -> Result<(Op, Shape), Mistake> {
                match self {
                    $(Op::$op(op) => match op.infer_all(inputs, site) {
                        Ok((op, output)) => Ok((Op::$op(op), output)),
                        Err(mistake) => Err(mistake),
                    },)*
                    $(Op::$structural(op) => match op.infer_all(inputs, site) {
                        Ok((op, output)) => Ok((Op::$structural(op), output)),
                        Err(mistake) => Err(mistake),
                    },)*
                }
            }

            /// The operation with a part set to a value that is always valid; None if the output's shape depends on that part.
            pub const fn without(self, part: Part) -> Option<Op> {
                match self {
                    $(Op::$op(op) => match op.without(part) {
                        Some(op) => Some(Op::$op(op)),
                        None => None,
                    },)*
                    $(Op::$structural(_) => None,)*
                }
            }
        }

        impl Op {
            /// The parameters and buffers that the operation owns, in the order in which PyTorch lists them. Only meaningful after
            /// [`Op::infer`].
            pub const fn params(&self) -> Params {
                match self {
                    $(Op::$op(op) => op.params(),)*
                    $(Op::$structural(op) => op.params(),)*
                }
            }

            /// The multiply-adds of one sample's forward pass in convolutions and matrix products, biases not counted.
            pub const fn multiply_adds(&self, inputs: &[Shape], output: &Shape) -> u64 {
                match self {
                    $(Op::$op(op) => op.multiply_adds_all(inputs, output),)*
                    $(Op::$structural(op) => op.multiply_adds_all(inputs, output),)*
                }
            }

            /// How often one sample's forward pass uses each parameter.
            pub const fn uses(&self, output: &Shape) -> usize {
                match self {
                    $(Op::$op(op) => op.uses(output),)*
                    $(Op::$structural(op) => op.uses(output),)*
                }
            }

            /// The window of the input that an output element depends on, for convolutions and pooling.
            pub const fn window(&self) -> Option<Window> {
                match self {
                    $(Op::$op(op) => op.slides(),)*
                    $(Op::$structural(op) => op.slides(),)*
                }
            }

            /// The upscale factors of height and width, for operations that enlarge an image.
            pub const fn magnify(&self) -> Option<[usize; 2]> {
                match self {
                    $(Op::$op(op) => op.magnifies(),)*
                    $(Op::$structural(op) => op.magnifies(),)*
                }
            }

            /// Whether it draws random numbers in training.
            pub const fn is_random(&self) -> bool {
                match self {
                    $(Op::$op(op) => op.draws(),)*
                    $(Op::$structural(op) => op.draws(),)*
                }
            }

            /// The number of outputs. Only meaningful after [`Op::infer`].
            pub const fn outputs(&self) -> usize {
                match self {
                    $(Op::$op(op) => op.outputs(),)*
                    $(Op::$structural(op) => op.outputs(),)*
                }
            }

            /// The shape of output `index` for these inputs; `first` is the shape of output 0. Only meaningful after [`Op::infer`].
            pub const fn output(&self, index: usize, inputs: &[Shape], first: &Shape) -> Shape {
                if index == 0 || first.is_unknown() {
                    return *first;
                }
                match self {
                    $(Op::$op(op) => op.further(index, inputs, first),)*
                    $(Op::$structural(op) => op.further(index, inputs, first),)*
                }
            }

            /// The default initial value of the tensor of this name.
            pub fn initial(&self, tensor: &str) -> Initial {
                match self {
                    $(Op::$op(op) => op.initial(tensor),)*
                    $(Op::$structural(op) => op.initial(tensor),)*
                }
            }

            /// The label in drawings, if the operation has a function for it.
            pub(crate) fn own_label(&self, input: &Shape) -> Option<String> {
                match self {
                    $(Op::$op(op) => op.own_label(input),)*
                    $(Op::$structural(op) => op.own_label(input),)*
                }
            }
        }

        $(impl From<$op> for Op {
            fn from(op: $op) -> Self {
                Op::$op(op)
            }
        })*

        /// Evaluates an expression on the struct of any operation: `each_operation!(op, conv => conv.forward())`. An operation that lacks the function
        /// does not compile. Networks and custom layers are handled by the `else` branch.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! each_operation {
            ($d value:expr, $d op:ident => $d body:expr, else $d other:expr) => {
                match $d value {
                    $($crate::Op::$op($d op) => $d body,)*
                    _ => $d other,
                }
            };
        }
    };
}

/// The default functions of an operation that is not a layer ([`crate::spec::absent`]).
macro_rules! structural {
    ($op:ident [$($aspect:ident)*]) => {
        $crate::spec::absent!(params [$($aspect)*] $op);
        $crate::spec::absent!(initial [$($aspect)*] $op);
        $crate::spec::absent!(multiply_adds [$($aspect)*] $op);
        $crate::spec::absent!(multiply_adds_all [$($aspect)*] $op);
        $crate::spec::absent!(uses [$($aspect)*] $op);
        $crate::spec::absent!(window [$($aspect)*] $op);
        $crate::spec::absent!(magnify [$($aspect)*] $op);
        $crate::spec::absent!(draws [$($aspect)*] $op);
        $crate::spec::absent!(label [$($aspect)*] $op);
        $crate::spec::absent!(outputs [$($aspect)*] $op);
    };
}

pub(crate) use structural;

operations! { $
    operations {
        Linear,
        DropConnect,
        Maxout,
        Conv2d,
        ConvTranspose2d,
        MaskedConv2d,
        Conv1d,
        MaxPool2d,
        AvgPool2d,
        GlobalAvgPool2d,
        GlobalMaxPool2d,
        Upsample,
        MaxPool1d,
        AvgPool1d,
        AdaptiveAvgPool2d,
        FractionalMaxPool2d,
        MaxUnpool2d,
        Flatten,
        Reshape,
        Permute,
        Transpose,
        Unsqueeze,
        Squeeze,
        PixelShuffle,
        Pad,
        Slice,
        Select,
        Mean,
        Sum,
        Amax,
        Amin,
        Relu,
        LeakyRelu,
        Tanh,
        Sigmoid,
        Softmax,
        LogSoftmax,
        Softmin,
        Gelu,
        Prelu,
        Elu,
        Selu,
        Silu,
        Softplus,
        Hardtanh,
        Relu6,
        Rrelu,
        Clamp,
        Threshold,
        Softshrink,
        Softsign,
        Mish,
        Hardswish,
        Hardsigmoid,
        Exp,
        Log,
        Sqrt,
        Abs,
        Pow,
        NanToNum,
        Rescaling,
        Glu,
        Dropout,
        Dropout2d,
        StochasticDepth,
        BatchNorm1d,
        BatchNorm2d,
        LayerNorm,
        RmsNorm,
        GroupNorm,
        InstanceNorm2d,
        LocalResponseNorm,
        Embedding,
        Rnn,
        Lstm,
        Gru,
        MultiheadAttention,
        Parameter,
        Add,
        Sub,
        Mul,
        Div,
        Maximum,
        Minimum,
        MatMul,
        Reparameterize,
        Concat,
        Chunk,
        Split,
    }
    structural {
        Subgraph,
        Custom,
    }
}
