//! The layers: their typed parameters, and their forward passes in dfdx operations.
//!
//! The types are the fields of generated networks. Each file has one layer. Shape rules are in `layercake-ir`, the fast path is in
//! `layercake-engine`. The forward passes here are the *portable path*: they run on any device and number type, and the engine is tested
//! against them.

pub(crate) mod activation;
mod adaptive_pool;
mod affine;
mod attention;
mod batch_norm;
mod by_formula;
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
mod parameter;
mod pool2d;
mod prelu;
mod recurrent;
mod reduce;
mod rrelu;
mod softmax;
mod unpool;
mod upsample;
mod window;

pub use affine::{Affine, Scale};
pub use attention::MultiheadAttention;
pub use batch_norm::BatchNorm;
pub use conv_transpose2d::ConvTranspose2d;
pub use conv1d::Conv1d;
pub use conv2d::Conv2d;
use dfdx::shapes::Shape;
use dfdx::tensor::{Tape, Tensor};
use dfdx::tensor_ops::Device;
pub use embedding::Embedding;
use layercake_engine::Mode;
use layercake_ir::{Op, each_operation};
pub use linear::Linear;
pub use parameter::Parameter;
pub use prelu::Prelu;
pub use recurrent::{Recurrent, RecurrentCell};

use crate::Scalar;
use crate::run::slot::Slot;
use crate::run::tables::Tables;
use crate::run::value::Value;
use crate::tensors::Tensors;

/// A layer that has tensors.
pub trait Layer<E: Scalar, D: Device<E>> {
    /// Appends the layer's tensors, in the order of [`layercake_ir::Op::params`].
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn tensors(&self, into: &mut Tensors<E, D>) -> Result<(), D::Err>;

    /// Appends the same tensors, to be written to.
    fn slots<'a>(&'a mut self, into: &mut Vec<&'a mut dyn Slot<E, D>>);
}

/// A value and its tape.
pub(crate) type Taped<E, D, T> = (Value<E, D>, T);

/// The outputs of an operation and their tape.
pub(crate) type Outputs<E, D, T> = (Vec<Value<E, D>>, T);

/// What the forward pass of a node needs besides its inputs.
pub(crate) struct Context<'a, E: Scalar, D: Device<E>> {
    /// The node's tensors.
    pub params: &'a [Value<E, D>],
    /// The tables of the graph's layers.
    pub tables: &'a Tables<E, D>,
    pub mode: Mode,
    /// The seed of this forward pass and the index of the node, for random masks.
    pub seed: u64,
    pub node: usize,
    /// New values for the node's tensors: (index, value).
    pub updates: Vec<(usize, Value<E, D>)>,
}

/// The forward pass of an operation in dfdx operations. An operation that does not implement it does not compile.
pub(crate) trait Portable {
    /// Computes the outputs.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        inputs: &[&Value<E, D>],
        tape: T,
        context: &mut Context<'_, E, D>,
    ) -> Result<Outputs<E, D, T>, D::Err>;
}

/// The forward pass of an operation on the portable path.
pub(crate) fn forward<E: Scalar, D: Device<E>, T: Tape<E, D>>(
    op: &Op,
    inputs: &[&Value<E, D>],
    tape: T,
    context: &mut Context<'_, E, D>,
) -> Result<Outputs<E, D, T>, D::Err> {
    each_operation!(op, op => op.forward(inputs, tape, context), else unreachable!("`{}` is expanded before a graph runs", op.kind()))
}

/// Implements [`Portable`] by a function of the operation, its input (or with `all`, its inputs), the tape and the context. The function returns
/// the output (or with `several`, all outputs).
macro_rules! portable {
    ($($op:ident: several |$this:tt, all $inputs:ident, $tape:ident, $context:tt| $forward:expr;)*) => {
        $(impl $crate::layers::Portable for layercake_ir::ops::$op {
            fn forward<E: $crate::Scalar, D: dfdx::tensor_ops::Device<E>, T: dfdx::tensor::Tape<E, D>>(
                &self,
                $inputs: &[&$crate::run::value::Value<E, D>],
                $tape: T,
                $context: &mut $crate::layers::Context<'_, E, D>,
            ) -> Result<$crate::layers::Outputs<E, D, T>, D::Err> {
                let $this = self;
                $forward
            }
        })*
    };
    ($($op:ident: |$this:tt, all $inputs:ident, $tape:ident, $context:tt| $forward:expr;)*) => {
        $($crate::layers::portable! {
            $op: several |$this, all $inputs, $tape, $context| {
                let (y, tape) = $forward?;
                Ok((vec![y], tape))
            };
        })*
    };
    ($($op:ident: several |$this:tt, $input:ident, $tape:ident, $context:tt| $forward:expr;)*) => {
        $($crate::layers::portable! {
            $op: several |$this, all inputs, $tape, $context| {
                let $input = inputs[0];
                $forward
            };
        })*
    };
    ($($op:ident: |$this:tt, $input:ident, $tape:ident, $context:tt| $forward:expr;)*) => {
        $($crate::layers::portable! {
            $op: |$this, all inputs, $tape, $context| {
                let $input = inputs[0];
                $forward
            };
        })*
    };
}

pub(crate) use portable;

/// `[batch, channels, length]` as images of height 1.
fn as_image<E: Scalar, D: Device<E>>(x: &Value<E, D>) -> Value<E, D> {
    let [batch, channels, length] = x.dims()[..] else { unreachable!("the shape rule accepts only sequences") };
    x.clone().with_dims(vec![batch, channels, 1, length])
}

/// The reverse of [`as_image`].
fn as_line<E: Scalar, D: Device<E>>(x: Value<E, D>) -> Value<E, D> {
    let dims = vec![x.dims()[0], x.dims()[1], x.dims()[3]];
    x.with_dims(dims)
}

/// Applies a forward pass for images to sequences.
fn lines<E: Scalar, D: Device<E>, T>(
    x: &Value<E, D>,
    tape: T,
    forward: impl FnOnce(&Value<E, D>, T) -> Result<Taped<E, D, T>, D::Err>,
) -> Result<Taped<E, D, T>, D::Err> {
    let (y, tape) = forward(&as_image(x), tape)?;
    Ok((as_line(y), tape))
}

/// [`Layer::tensors`] of a layer with a weight and an optional bias.
fn push_both<W: Shape, B: Shape, E: Scalar, D: Device<E>>(
    weight: &Tensor<W, E, D>,
    bias: Option<&Tensor<B, E, D>>,
    into: &mut Tensors<E, D>,
) -> Result<(), D::Err> {
    into.add(weight)?;
    bias.map_or(Ok(()), |bias| into.add(bias))
}

/// [`Layer::slots`] of a layer with a weight and an optional bias.
fn slots_of_both<'a, W: Shape, B: Shape, E: Scalar, D: Device<E>>(
    weight: &'a mut Tensor<W, E, D>,
    bias: Option<&'a mut Tensor<B, E, D>>,
    into: &mut Vec<&'a mut dyn Slot<E, D>>,
) {
    into.push(weight);
    into.extend(bias.map(|bias| bias as &mut dyn Slot<E, D>));
}

/// Implements the traits of a layer with a weight and, if its last parameter `BIAS` is true, a bias. Initial values are PyTorch's, by
/// `fan_in`.
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

const ABSENT: &str = "the layer's type has this tensor, but the field is `None`";

/// An optional tensor that exists according to the layer's type.
fn present<T>(field: &Option<T>) -> &T {
    field.as_ref().expect(ABSENT)
}

/// [`present`], mutable.
fn present_mut<T>(field: &mut Option<T>) -> &mut T {
    field.as_mut().expect(ABSENT)
}
