//! What is known of the shapes of a type, for [`junction`](super::junction).
//!
//! Generated code must test whether an arbitrary type is a network. [`Net`] does so: if its type is a network, its inherent constant is found;
//! otherwise that of the trait [`Otherwise`], which every type implements.

use std::marker::PhantomData;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::nn::{Module, modules};
use dfdx::shapes::{Const, Dtype};
use dfdx::tensor::Storage;
use dfdx::tensor_ops::Device;

use super::junction::Ports;
use crate::run::network::Network;
use crate::{Backend, Scalar};

/// Tests whether a type is a network.
#[derive(Debug)]
pub struct Net<M, E, D>(PhantomData<(M, E, D)>);

/// Tests whether a type states its ports.
#[derive(Debug)]
pub struct Stated<M, E, D>(PhantomData<(M, E, D)>);

/// Tests whether a field can take an `X`.
#[derive(Debug)]
pub struct Fits<M, X>(PhantomData<(M, X)>);

/// Tests whether a type is a model.
#[derive(Debug)]
pub struct Models<M, E, D>(PhantomData<(M, E, D)>);

/// The results for all other types.
pub trait Otherwise {
    /// Not known.
    const PORTS: Ports = Ports::Unknown;
    /// It cannot.
    const FITS: bool = false;
    /// It is not.
    const MODELS: bool = false;
}

impl<T> Otherwise for T {}

impl<M: Network<E, D>, E: Scalar, D: Backend<E>> Net<M, E, D> {
    /// The ports that the network declares.
    pub const PORTS: Ports = match (M::GRAPH.inputs(), M::GRAPH.outputs()) {
        ([input], [output]) => Ports::Fixed { input: input.shape, output: output.shape },
        _ => Ports::Unknown,
    };
}

impl<M: HasPorts<E, D>, E, D> Stated<M, E, D> {
    /// The ports that the type states.
    pub const PORTS: Ports = M::PORTS;
}

impl<M: Module<X>, X> Fits<M, X> {
    /// It can.
    pub const FITS: bool = true;
}

impl<M: TensorCollection<E, D>, E: Dtype, D: Device<E>> Models<M, E, D> {
    /// It is.
    pub const MODELS: bool = true;
}

/// A type that determines its ports: a `#[model(forward)]` struct, and dfdx modules.
pub trait HasPorts<E, D> {
    /// The input and output.
    const PORTS: Ports;
}

impl<const I: usize, const O: usize, E: Dtype, D: Storage<E>> HasPorts<E, D> for modules::Linear<I, O, E, D> {
    const PORTS: Ports = Ports::Last { input: I, output: O };
}

impl<const I: usize, const O: usize, E: Dtype, D: Storage<E>> HasPorts<E, D> for modules::UnbiasedLinear<I, O, E, D> {
    const PORTS: Ports = Ports::Last { input: I, output: O };
}

impl<const N: usize, E: Dtype, D: Storage<E>> HasPorts<E, D> for modules::LayerNorm1D<N, E, D> {
    const PORTS: Ports = Ports::Last { input: N, output: N };
}

macro_rules! same {
    ($($module:ident),*) => {$(
        impl<E, D> HasPorts<E, D> for modules::$module {
            const PORTS: Ports = Ports::Same;
        }
    )*};
}

same!(Abs, AccurateGeLU, Cos, Dropout, Exp, FastGeLU, Ln, LogSoftmax, ReLU, Sigmoid, Sin, Softmax, Sqrt, Square, Tanh);

/// The tensor shape of rank 1 to 5 after a batch axis, from constants: of five sizes the first `RANK` count.
#[derive(Debug)]
pub struct Sizes<const RANK: usize, const A: usize, const B: usize, const C: usize, const F: usize, const G: usize>;

/// A shape as a type.
pub trait Typed {
    /// dfdx's type.
    type Shape: dfdx::shapes::Shape;
}

macro_rules! typed {
    ($($rank:literal: $($size:ident),*;)*) => {$(
        impl<const A: usize, const B: usize, const C: usize, const F: usize, const G: usize> Typed for Sizes<$rank, A, B, C, F, G> {
            type Shape = (usize, $(Const<$size>,)*);
        }
    )*};
}

typed! {
    0: ;
    1: A;
    2: A, B;
    3: A, B, C;
    4: A, B, C, F;
    5: A, B, C, F, G;
}

/// Selects a type by a constant: the first if `FIRST`.
#[derive(Debug)]
pub struct Choice<const FIRST: bool>;

/// See [`Choice`].
pub trait Choose<A, B> {
    /// The selected type.
    type Chosen;
}

impl<A, B> Choose<A, B> for Choice<true> {
    type Chosen = A;
}

impl<A, B> Choose<A, B> for Choice<false> {
    type Chosen = B;
}

/// The type of an unknown value.
#[derive(Debug)]
pub struct Anything;

/// Replaces a field that receives an unknown value: it accepts everything.
#[derive(Debug)]
pub struct Blank;

impl<X> Module<X> for Blank {
    type Output = Anything;
    type Error = ();

    fn try_forward(&self, _: X) -> Result<Anything, ()> {
        Ok(Anything)
    }
}

/// A field that can take an `X`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take the output of the field before it",
    label = "it would receive `{X}`",
    note = "a field of a `#[model(forward)]` struct is a dfdx `Module` of what it receives: a network, a dfdx module or a struct with `forward`"
)]
pub trait Receives<X> {}

#[diagnostic::do_not_recommend]
impl<X, M: Module<X>> Receives<X> for M {}

/// Fails to compile if a field cannot take an `X`.
pub const fn receives<M: Receives<X>, X>() {}
