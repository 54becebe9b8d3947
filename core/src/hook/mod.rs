//! Reads and changes what flows through a network at a named layer, forward and backward: PyTorch's hooks.
//!
//! [`Hooks`] is a list of hooks, and it runs a network with them. A hook is at a place [`At`]: at an output of a layer, which all layers after it receive, or at an
//! input of a layer, which this layer alone receives.
//!
//! | PyTorch | here |
//! |---|---|
//! | `register_forward_hook`, to read | [`Hooks::keep`] at the output |
//! | `register_forward_hook`, to change | [`Hooks::change`] at the output |
//! | `register_forward_pre_hook` | [`Hooks::change`] at the input |
//! | `register_full_backward_pre_hook`, `Tensor.register_hook` | [`Hooks::change_gradient`] at the output |
//! | `register_full_backward_hook` | [`Hooks::change_gradient`] at the input |
//! | `retain_grad` | [`Hooks::keep`], then [`Kept::gradient`] |
//! | `create_feature_extractor` of torchvision | [`Hooks::until`] |
//!
//! ```
//! use layercake::hook::{At, Hooks};
//! use layercake::prelude::*;
//!
//! network! { Net: [1, 8, 8] -> [10] { conv1: Conv2d(4, kernel = 3), ReLU, Flatten, fc: Linear(10) } }
//!
//! let device = Cpu::seed_from_u64(0);
//! let net = Net::new(&device);
//! let x: Tensor<Rank4<2, 1, 8, 8>, f32, _> = device.sample_normal();
//!
//! let mut hooks = Hooks::new();
//! let conv1 = hooks.keep("conv1");
//! // Without its second channel.
//! type Maps<T> = Tensor<(usize, Const<4>, Const<6>, Const<6>), f32, Cpu, T>;
//! hooks.change("conv1", |y| {
//!     let y: Maps<_> = y.try_into_tensor()?.expect("the layer's shape");
//!     let mask = y.device().tensor([1.0, 0.0, 1.0, 1.0]).broadcast_like::<_, Axes3<0, 2, 3>>(y.shape());
//!     DynTensor::try_from_tensor(y * mask)
//! });
//! // Half of the gradient that comes from ReLU.
//! hooks.change_gradient(At::input("relu_1"), |g| g.try_elementwise(|g| g.try_mul(0.5)));
//! let logits: Tensor<(usize, Const<10>), f32, _, _> = hooks.try_forward_eval(&net, x.leaky_traced())?;
//! let loss = logits.square().mean::<Rank0, _>();
//! let gradients = loss.backward();
//! assert_eq!(conv1.value().unwrap().dims(), [2, 4, 6, 6]);
//! let by_conv1 = conv1.gradient().unwrap().to_vec();
//! assert!(by_conv1[..36].iter().any(|g| *g != 0.0) && by_conv1[36..72].iter().all(|g| *g == 0.0));
//! # use layercake::dfdx::{shapes::Axes3, tensor_ops::{BroadcastTo, TryMul}};
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The network runs in parts, each as on any pass: on the engine in `f32` on the CPU. What lies between two hooks is fused as in a network of its own, so the values
//! that hooks see are those that the layers define. A network with hooks may take inputs of other sizes than declared, if each of its layers accepts them:
//! with [`Hooks::until`] a convolutional part takes pictures of any size.

mod at;
mod error;
mod pass;
mod point;
mod rewrite;
mod subject;
mod values;

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use dfdx::tensor::OwnedTape;
use dfdx::tensor_ops::Device;

pub use at::At;
pub use error::HookError;
pub use subject::{Function, Hookable};
pub(crate) use values::draw_values;

use crate::run::value::Value;
use crate::{DynTensor, Scalar};

/// A tensor whose tape records.
pub type Traced<E, D> = DynTensor<E, D, OwnedTape<E, D>>;

/// A value, and the tape that recorded it.
type Carried<E, D> = (Value<E, D>, OwnedTape<E, D>);
type Change<E, D> = Rc<dyn Fn(Traced<E, D>) -> Result<Traced<E, D>, <D as dfdx::tensor::HasErr>::Err>>;
type ChangeGradient<E, D> = Rc<dyn Fn(DynTensor<E, D>) -> Result<DynTensor<E, D>, <D as dfdx::tensor::HasErr>::Err>>;

/// What a hook does.
enum Action<E: Scalar, D: Device<E>> {
    Keep(Kept<E, D>),
    Change(Change<E, D>),
    ChangeGradient(ChangeGradient<E, D>),
}

impl<E: Scalar, D: Device<E>> Clone for Action<E, D> {
    fn clone(&self) -> Self {
        match self {
            Self::Keep(kept) => Self::Keep(kept.clone()),
            Self::Change(change) => Self::Change(Rc::clone(change)),
            Self::ChangeGradient(change) => Self::ChangeGradient(Rc::clone(change)),
        }
    }
}

/// Hooks, and the values at which a pass ends. They can run any number of passes of any network that has their layers.
///
/// Several hooks at one place act in the order in which they were added, forward and backward.
pub struct Hooks<E: Scalar, D: Device<E>> {
    list: Vec<(At, Action<E, D>)>,
    until: Option<Vec<At>>,
    /// The plan of the network and sizes of the last pass.
    prepared: RefCell<Option<Rc<pass::Prepared>>>,
}

impl<E: Scalar, D: Device<E>> Default for Hooks<E, D> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: Scalar, D: Device<E>> fmt::Debug for Hooks<E, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<&At> = self.list.iter().map(|(at, _)| at).collect();
        f.debug_struct("Hooks").field("places", &places).field("until", &self.until).finish_non_exhaustive()
    }
}

impl<E: Scalar, D: Device<E>> Hooks<E, D> {
    /// No hooks.
    #[must_use]
    pub fn new() -> Self {
        Self { list: Vec::new(), until: None, prepared: RefCell::new(None) }
    }

    /// Keeps what flows at a place: the value, and after a backward pass the gradient.
    pub fn keep(&mut self, at: impl Into<At>) -> Kept<E, D> {
        let kept = Kept(Rc::default());
        self.add(at.into(), Action::Keep(kept.clone()));
        kept
    }

    /// Changes the value at a place to what `change` gives for it: a tensor of the same shape. What it computes is recorded, so the gradients are those of the
    /// changed network.
    pub fn change(&mut self, at: impl Into<At>, change: impl Fn(Traced<E, D>) -> Result<Traced<E, D>, D::Err> + 'static) {
        self.add(at.into(), Action::Change(Rc::new(change)));
    }

    /// Changes the gradient at a place in the backward pass to what `change` gives for it: a tensor of the same shape.
    pub fn change_gradient(&mut self, at: impl Into<At>, change: impl Fn(DynTensor<E, D>) -> Result<DynTensor<E, D>, D::Err> + 'static) {
        self.add(at.into(), Action::ChangeGradient(Rc::new(change)));
    }

    /// Ends a pass at these places: it gives their values instead of the network's outputs, and runs nothing that they do not need. Of a layer that is applied
    /// several times, the last application. Without places it gives the network's outputs again.
    pub fn until<A: Into<At>>(&mut self, places: impl IntoIterator<Item = A>) {
        let places: Vec<At> = places.into_iter().map(Into::into).collect();
        self.until = (!places.is_empty()).then_some(places);
        *self.prepared.get_mut() = None;
    }

    fn add(&mut self, at: At, action: Action<E, D>) {
        self.list.push((at, action));
        *self.prepared.get_mut() = None;
    }
}

/// What [`Hooks::keep`] keeps, of the last pass.
#[derive(Debug)]
pub struct Kept<E: Scalar, D: Device<E>>(Rc<RefCell<Seen<E, D>>>);

/// The values of a pass, one for each application of the layer, and their gradients.
#[derive(Debug)]
struct Seen<E: Scalar, D: Device<E>> {
    values: Vec<Value<E, D>>,
    gradients: Vec<Option<Value<E, D>>>,
}

impl<E: Scalar, D: Device<E>> Default for Seen<E, D> {
    fn default() -> Self {
        Self { values: Vec::new(), gradients: Vec::new() }
    }
}

impl<E: Scalar, D: Device<E>> Clone for Kept<E, D> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<E: Scalar, D: Device<E>> Kept<E, D> {
    /// The value, of the last application of the layer. None before a pass.
    pub fn value(&self) -> Option<DynTensor<E, D>> {
        self.0.borrow().values.last().cloned().map(DynTensor::from)
    }

    /// The values of all applications of the layer.
    pub fn values(&self) -> Vec<DynTensor<E, D>> {
        self.0.borrow().values.iter().cloned().map(DynTensor::from).collect()
    }

    /// The gradient of the value, of the last application of the layer. None before a backward pass, or if the loss did not need the network.
    pub fn gradient(&self) -> Option<DynTensor<E, D>> {
        self.0.borrow().gradients.last().cloned().flatten().map(DynTensor::from)
    }

    /// The gradients of all applications of the layer.
    pub fn gradients(&self) -> Vec<Option<DynTensor<E, D>>> {
        self.0.borrow().gradients.iter().map(|gradient| gradient.clone().map(DynTensor::from)).collect()
    }
}
