//! The layers: their typed parameters, and their forward passes in dfdx operations.
//!
//! One file a layer. What a layer does to shapes is in `layercake-ir`; the fast path is in `layercake-engine`. The forwards here are
//! the *portable path*: they run on any device and dtype, and they are what the fast path is tested against.

pub(crate) mod activation;
mod adaptive_pool;
mod affine;
mod attention;
mod batch_norm;
mod conv1d;
mod conv2d;
mod conv_transpose2d;
mod dropout;
pub(crate) mod embedding;
mod global_pool;
mod join;
mod linear;
mod linear_map;
mod local_response_norm;
mod masked_conv2d;
mod maxout;
mod moves;
mod pool2d;
mod prelu;
mod recurrent;
mod reduce;
mod softmax;
mod unpool;
mod upsample;
mod window;

pub use affine::Affine;
pub use attention::MultiHeadAttention;
pub use batch_norm::BatchNorm;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
pub use embedding::Embedding;
pub use linear::Linear;
pub use prelu::PRelu;
pub use recurrent::{Recurrent, RecurrentCell};

use dfdx::shapes::Shape;
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::Device;
use layercake_engine::Mode;
use layercake_ir::Op;

use crate::Scalar;
use crate::tensors::Tensors;
use crate::value::{Slot, Value};

/// A layer with tensors of its own.
pub trait Layer<E: Scalar, D: Device<E>> {
    /// Appends the tensors in the order of [`layercake_ir::Op::params`].
    ///
    /// # Errors
    /// If the device is out of memory.
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err>;

    /// Appends the same tensors as places to store into.
    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>);
}

/// A value and the tape that recorded how it came about.
pub(crate) type Taped<E, D, T> = (Value<E, D>, T);

/// What the forward of one node needs besides its input.
pub(crate) struct Context<'a, E: Scalar, D: Device<E>> {
    /// The node's tensors.
    pub params: &'a [Value<E, D>],
    pub mode: Mode,
    /// The seed of this forward pass and the node's place, for random masks.
    pub seed: u64,
    pub node: usize,
    /// New values for the node's tensors: (which, value).
    pub updates: Vec<(usize, Value<E, D>)>,
}

/// The portable forward of one operation.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Op,
    inputs: &[&Value<E, D>],
    tape: T,
    context: &mut Context<'_, E, D>,
) -> Result<Taped<E, D, T>, D::Err> {
    let x = inputs[0];
    match op {
        Op::Linear(_) => linear::forward(x, tape, context.params),
        Op::DropConnect(op) => linear::drop_connect(op, x, tape, context),
        Op::MaxUnpool2d(op) => unpool::forward(op, inputs, tape),
        Op::Maxout(op) => maxout::forward(op, x, tape, context.params),
        Op::Conv1d(op) => conv1d::forward(op, x, tape, context.params),
        Op::Conv2d(op) => conv2d::forward(op, x, tape, context.params),
        Op::ConvTranspose2d(op) => conv_transpose2d::forward(op, x, tape, context.params),
        Op::MaskedConv2d(op) => masked_conv2d::forward(op, x, tape, context.params),
        Op::MaxPool2d(op) => pool2d::max(op, x, tape),
        Op::AvgPool2d(op) => pool2d::mean(op, x, tape),
        Op::Flatten(_) => Ok((x.clone().with_dims(vec![x.dims()[0], x.dims()[1..].iter().product()]), tape)),
        Op::MaxPool1d(op) => lines(x, tape, |x, tape| pool2d::max(&op.as_pool2d(), x, tape)),
        Op::AvgPool1d(op) => lines(x, tape, |x, tape| pool2d::mean(&op.as_pool2d(), x, tape)),
        Op::AdaptiveAvgPool2d(op) => adaptive_pool::mean(op, x, tape),
        Op::FractionalMaxPool2d(op) => adaptive_pool::fractional_max(op, x, tape, context),
        Op::Pad(op) => moves::pad(op, x, tape),
        Op::Slice(op) => moves::slice(op, x, tape),
        Op::Mean(op) => reduce::mean(&op.axes, x, tape),
        Op::Amax(op) => reduce::amax(&op.axes, x, tape),
        Op::PRelu(_) => prelu::forward(x, tape, context.params),
        Op::Elu(op) => activation::elu(op, x, tape),
        Op::Selu => activation::selu(x, tape),
        Op::Silu => activation::silu(x, tape),
        Op::Softplus(op) => activation::softplus(op, x, tape),
        Op::HardTanh(op) => activation::between([op.min_val, op.max_val], x, tape),
        Op::Relu6 => activation::between([0.0, 6.0], x, tape),
        Op::Glu(op) => activation::glu(op, x, tape),
        Op::StochasticDepth(op) => dropout::samples(op.p, x, tape, context),
        Op::Dropout2d(op) => dropout::channels(op.p, x, tape, context),
        Op::GroupNorm(op) => affine::group_norm(op.groups, op.eps, x, tape, context.params),
        Op::InstanceNorm2d(op) => affine::group_norm(op.features, op.eps, x, tape, context.params),
        Op::LocalResponseNorm(op) => local_response_norm::forward(op, x, tape),
        Op::GlobalAvgPool2d(_) => global_pool::mean(x, tape),
        Op::Upsample(op) => upsample::forward(op, x, tape),
        Op::Reshape(op) => Ok(moves::reshape(op, x, tape)),
        Op::Permute(op) => moves::permute(op, x, tape),
        Op::LayerNorm(op) => affine::layer_norm(op, x, tape, context.params),
        Op::Relu => activation::relu(x, tape),
        Op::Gelu(op) => activation::gelu(op, x, tape),
        Op::LeakyRelu(op) => activation::leaky_relu(op.negative_slope, x, tape),
        Op::Tanh => activation::tanh(x, tape),
        Op::Sigmoid => activation::sigmoid(x, tape),
        Op::Softmax(op) => softmax::softmax(op.axis, x, tape),
        Op::LogSoftmax(op) => softmax::log_softmax(op.axis, x, tape),
        Op::Dropout(op) => dropout::elements(op.p, x, tape, context),
        Op::BatchNorm1d(op) => batch_norm::forward(batch_norm::Options::from(op), x, tape, context),
        Op::BatchNorm2d(op) => batch_norm::forward(batch_norm::Options::from(op), x, tape, context),
        Op::Add | Op::Sub | Op::Mul | Op::Max => join::elementwise(op, inputs, tape),
        Op::Reparameterize => join::reparameterize(inputs, tape, context),
        Op::Concat(op) => join::concat(op.axis, inputs, tape),
        Op::Split(op) => join::split(op, x, tape),
        Op::Embedding(op) => embedding::forward(op, x, tape, context.params),
        Op::Rnn(op) => recurrent::forward(&op.view(), inputs, tape, context),
        Op::Lstm(op) => recurrent::forward(&op.view(), inputs, tape, context),
        Op::Gru(op) => recurrent::forward(&op.view(), inputs, tape, context),
        Op::Unpack(op) => recurrent::unpack(op, x, tape),
        Op::MultiHeadAttention(op) => attention::forward(op, x, tape, context),
        op => unreachable!("`{}` has a shape rule but no forward", op.kind()),
    }
}

/// `[batch, channels, length]` as images one row high.
fn as_image<E: Scalar, D: Device<E>>(x: &Value<E, D>) -> Value<E, D> {
    let [batch, channels, length] = x.dims()[..] else { unreachable!("a shape rule admitted something other than sequences") };
    x.clone().with_dims(vec![batch, channels, 1, length])
}

/// The reverse of [`as_image`].
fn as_line<E: Scalar, D: Device<E>>(x: Value<E, D>) -> Value<E, D> {
    let dims = vec![x.dims()[0], x.dims()[1], x.dims()[3]];
    x.with_dims(dims)
}

/// A forward of images, on sequences.
fn lines<E: Scalar, D: Device<E>, T>(
    x: &Value<E, D>,
    tape: T,
    forward: impl FnOnce(&Value<E, D>, T) -> Result<Taped<E, D, T>, D::Err>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = forward(&as_image(x), tape)?;
    Ok((as_line(y), tape))
}

/// [`Layer::tensors`] of a layer that has a weight and perhaps a bias.
fn push_both<W: Shape, B: Shape, E: Scalar, D: Device<E>>(
    weight: &Tensor<W, E, D>,
    bias: Option<&Tensor<B, E, D>>,
    into: &mut Tensors<E, D>,
) -> Result<(), D::Err> {
    into.add(weight)?;
    bias.map_or(Ok(()), |bias| into.add(bias))
}

/// [`Layer::slots`] of such a layer.
fn slots_of_both<'a, W: Shape, B: Shape, E: Scalar, D: Device<E>>(
    weight: &'a mut Tensor<W, E, D>,
    bias: Option<&'a mut Tensor<B, E, D>>,
    into: &mut Vec<&'a mut dyn Slot<E, D>>,
) {
    into.push(weight);
    into.extend(bias.map(|bias| bias as &mut dyn Slot<E, D>));
}

/// The traits of a layer that owns a weight and, with its last parameter `BIAS`, a bias; PyTorch's default initialisation by `fan_in`.
macro_rules! weight_and_bias {
    ($layer:ident<$($size:ident),+>, fan_in: $fan_in:expr) => {
        impl<$(const $size: usize,)+ E: Scalar, D: Device<E>, const BIAS: bool> TensorCollection<E, D> for $layer<$($size,)+ E, D, BIAS> {
            type To<E2: Dtype, D2: Device<E2>> = $layer<$($size,)+ E2, D2, BIAS>;

            fn iter_tensors<V: ModuleVisitor<Self, E, D>>(visitor: &mut V) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
                let options = TensorOptions::reset_with(|t| init::default_uniform(t, $fan_in));
                let weight = Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, options);
                if !BIAS {
                    return visitor.visit_fields(weight, |weight| $layer { weight, bias: None });
                }
                let options = TensorOptions::reset_with(|t| init::default_uniform(t, $fan_in));
                let bias = Self::tensor("bias", |s| super::present(&s.bias), |s| super::present_mut(&mut s.bias), options);
                visitor.visit_fields((weight, bias), |(weight, bias)| $layer { weight, bias: Some(bias) })
            }
        }

        impl<$(const $size: usize,)+ E: Scalar, D: Device<E>, const BIAS: bool> Layer<E, D> for $layer<$($size,)+ E, D, BIAS> {
            fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err> {
                super::push_both(&self.weight, self.bias.as_ref(), into)
            }

            fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>) {
                super::slots_of_both(&mut self.weight, self.bias.as_mut(), into);
            }
        }
    };
}

use weight_and_bias;

const ABSENT: &str = "the layer's type says that it has this tensor, but the field was emptied";

/// An optional tensor that the layer's type says is there.
fn present<T>(field: &Option<T>) -> &T {
    field.as_ref().expect(ABSENT)
}

/// [`present`], mutable.
fn present_mut<T>(field: &mut Option<T>) -> &mut T {
    field.as_mut().expect(ABSENT)
}
