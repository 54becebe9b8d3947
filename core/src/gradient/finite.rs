//! Finds the first NaN or infinite number.

use std::fmt;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::{Gradients, NoneTape};
use dfdx::tensor_ops::Device;
use layercake_engine::Mode;
use layercake_ir::Graph;

use crate::host::wide;
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each};
use crate::optim::presence;
use crate::run::backend::Backend;
use crate::run::edge::Inputs;
use crate::run::forward;
use crate::run::network::Network;
use crate::run::value::Value;
use crate::{ForwardError, Scalar, host};

/// NaN or an infinite number in a model's tensors or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct NonFinite {
    /// The tensor's path, whose first part is the layer: `conv1.weight`.
    pub path: String,
    /// Whether it is in the gradient.
    pub in_gradient: bool,
    /// The index of the first such element, in row-major order.
    pub index: usize,
    /// Its value.
    pub value: f64,
    /// The number of such elements of the tensor.
    pub count: usize,
    /// The number of elements of the tensor.
    pub len: usize,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, in_gradient, index, value, count, len } = self;
        let part = if *in_gradient { "the gradient of " } else { "" };
        write!(f, "{part}`{path}` holds {value} at element {index}; {count} of its {len} numbers are not finite")
    }
}

/// The first of a model's parameters and buffers with a NaN or infinite number.
pub fn first_non_finite<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M) -> Option<NonFinite> {
    each(model, first).err().flatten()
}

fn first<E: Scalar, D: Device<E>>(place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), Option<NonFinite>> {
    let value = tensor.value().map_err(|_| None)?;
    found(place, false, &host::read(&value.flat()))
}

/// The first parameter, in the order of the backward pass, whose gradient has a NaN or infinite number. The backward pass runs from the output to the
/// input and propagates such numbers, so this is the last such parameter of the model, and the problem began in its layer. Parameters without a
/// gradient are skipped.
pub fn first_non_finite_gradient<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Option<NonFinite> {
    let Ok(present) = presence::of_model(model, gradients) else { return None };
    let mut search = Search { gradients, present: present.iter(), last: None };
    let walked = each(model, |place, tensor| search.tensor(place, tensor));
    debug_assert!(walked.is_ok(), "a device that is out of memory shows elsewhere");
    search.last
}

struct Search<'a, E: Scalar, D: Device<E>> {
    gradients: &'a Gradients<E, D>,
    present: std::slice::Iter<'a, bool>,
    last: Option<NonFinite>,
}

impl<E: Scalar, D: Device<E>> Search<'_, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if place.trained && self.present.next() == Some(&true) {
            let gradient = tensor.gradient_value(self.gradients)?;
            if let Err(Some(bad)) = found(place, true, &host::read(&gradient.flat())) {
                self.last = Some(bad);
            }
        }
        Ok(())
    }
}

/// The first such number as an error, which ends the visit.
fn found<E: Scalar>(place: Place<'_>, in_gradient: bool, numbers: &[E]) -> Result<(), Option<NonFinite>> {
    let bad = || numbers.iter().enumerate().filter(|(_, number)| !number.is_finite());
    let Some((index, &value)) = bad().next() else { return Ok(()) };
    let (path, count, len) = (place.path.to_owned(), bad().count(), numbers.len());
    Err(Some(NonFinite { path, in_gradient, index, value: wide(value), count, len }))
}

/// NaN or an infinite number in the output of a layer, or in an input.
#[derive(Clone, Debug, PartialEq)]
pub struct NonFiniteOutput {
    /// The layer's path, `encoder.conv1`, or the input's name.
    pub layer: String,
    /// Whether it is in an input, so that the data is the cause.
    pub is_input: bool,
    /// The index of the first such element in the batch, in row-major order.
    pub index: usize,
    /// Its value.
    pub value: f64,
    /// The number of such elements.
    pub count: usize,
    /// The number of elements.
    pub len: usize,
}

impl fmt::Display for NonFiniteOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, is_input, index, value, count, len } = self;
        let what = if *is_input { "the input " } else { "the output of " };
        write!(f, "{what}`{layer}` holds {value} at element {index}; {count} of its {len} numbers are not finite")
    }
}

impl NonFiniteOutput {
    /// The first such number among all values of a graph.
    pub(crate) fn first<E: Scalar, D: Device<E>>(graph: &Graph, values: &[Value<E, D>]) -> Option<Self> {
        // Token ids are integers.
        values.iter().enumerate().filter(|(_, value)| !value.is_ids()).find_map(|(i, value)| {
            let numbers = host::read(&value.flat());
            let bad = || numbers.iter().enumerate().filter(|(_, number)| !number.is_finite());
            let (index, &number) = bad().next()?;
            let (layer, is_input) = (graph.value_name(i).into_owned(), i < graph.inputs().len());
            Some(Self { layer, is_input, index, value: wide(number), count: bad().count(), len: numbers.len() })
        })
    }
}

/// The first layer, in the order of the forward pass, whose output has a NaN or infinite number for these inputs; or an input that has one. Use it if
/// a loss is NaN: later layers propagate such numbers, and this layer is their origin.
///
/// In `training`, batch normalization uses the batch, and random numbers are drawn anew; the network is not changed.
///
/// ```
/// use layercake::gradient::first_non_finite_output;
/// use layercake::prelude::*;
///
/// network! { Net: [3] -> [2] { fc1: Linear(4), ReLU, fc2: Linear(2) } }
///
/// let device = Cpu::default();
/// let mut net = Net::new(&device);
/// net.fc2.weight = net.fc2.weight * f32::INFINITY;
/// let x: Tensor<Rank2<5, 3>, f32, _> = device.sample_normal();
/// let found = first_non_finite_output(&net, x, false)?.expect("fc2 overflows");
/// assert_eq!((found.layer.as_str(), found.len), ("fc2", 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the device is out of memory, or if a token id is too large.
///
/// # Panics
/// Panics if the network's forward pass does: on an empty batch, or on inputs of different batch sizes.
pub fn first_non_finite_output<N, E, D, In>(
    network: &N,
    inputs: In,
    training: bool,
) -> Result<Option<NonFiniteOutput>, ForwardError<D::Err>>
where
    N: Network<E, D>,
    E: Scalar,
    D: Backend<E>,
    In: Inputs<E, D, NoneTape>,
{
    let (inputs, _) = inputs.erase()?;
    let (plan, pass, _) = forward::pass(network, inputs, if training { Mode::Train } else { Mode::Infer }, false)?;
    let values = plan.values(pass, |path, value| Ok(network.custom(path, value, NoneTape)?.0))?;
    Ok(NonFiniteOutput::first(plan.graph(), &values))
}
