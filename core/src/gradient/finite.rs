//! Where the first number that is none comes from.

use std::fmt;

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Shape;
use dfdx::tensor::{Gradients, NoneTape, Tensor};
use dfdx::tensor_ops::Device;
use layercake_engine::Mode;
use layercake_ir::Graph;

use crate::backend::Backend;
use crate::edge::Inputs;
use crate::host::wide;
use crate::model::{Place, Visit, visit};
use crate::network::{self, Network};
use crate::optim::presence;
use crate::value::Value;
use crate::{ForwardError, Scalar, host};

/// An infinite number, or none at all, in a model's tensors or in their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct NonFinite {
    /// The tensor's path, whose first part is the layer: `conv1.weight`.
    pub path: String,
    /// Is it in the gradient?
    pub in_gradient: bool,
    /// The place of the first one, the last axis fastest.
    pub index: usize,
    /// What stands there.
    pub value: f64,
    /// How many of the tensor's numbers are like that.
    pub count: usize,
    /// Of how many.
    pub of: usize,
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, in_gradient, index, value, count, of } = self;
        let part = if *in_gradient { "the gradient of " } else { "" };
        write!(f, "{part}`{path}` holds {value} at element {index}; {count} of its {of} numbers are not finite")
    }
}

/// The first of a model's parameters and buffers with a number that is not finite.
pub fn first_non_finite<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M) -> Option<NonFinite> {
    struct Search;
    impl<E: Scalar, D: Device<E>> Visit<E, D> for Search {
        type Error = Option<NonFinite>;

        fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), Self::Error> {
            let (value, _) = Value::erase(tensor.clone()).map_err(|_| None)?;
            found(place, false, &host::read(&value.flat()))
        }
    }
    visit(model, &mut Search).err().flatten()
}

/// The first parameter, in the order of the backward pass, whose gradient has a number that is not finite. That pass runs from the output to
/// the input and carries such a number on, so it is the last one in the model, and its layer is where the trouble began. A parameter without a
/// gradient is passed over.
pub fn first_non_finite_gradient<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Option<NonFinite> {
    struct Search<'a, E: Scalar, D: Device<E>> {
        gradients: &'a mut Gradients<E, D>,
        present: std::slice::Iter<'a, bool>,
        last: Option<NonFinite>,
    }
    impl<E: Scalar, D: Device<E>> Visit<E, D> for Search<'_, E, D> {
        type Error = D::Err;

        fn tensor<S: Shape>(&mut self, place: Place<'_>, tensor: &Tensor<S, E, D>) -> Result<(), D::Err> {
            if place.trained && self.present.next() == Some(&true) {
                let (gradient, _) = Value::erase(self.gradients.get(tensor))?;
                if let Err(Some(bad)) = found(place, true, &host::read(&gradient.flat())) {
                    self.last = Some(bad);
                }
            }
            Ok(())
        }
    }
    let Ok(present) = presence::of_model(model, gradients) else { return None };
    let mut search = Search { gradients, present: present.iter(), last: None };
    let walked = visit(model, &mut search);
    debug_assert!(walked.is_ok(), "a device that is out of memory shows elsewhere");
    search.last
}

/// The first bad number as an error, which ends a walk.
fn found<E: Scalar>(place: Place<'_>, in_gradient: bool, numbers: &[E]) -> Result<(), Option<NonFinite>> {
    let bad = || numbers.iter().enumerate().filter(|(_, number)| !number.is_finite());
    let Some((index, &value)) = bad().next() else { return Ok(()) };
    let (path, count, of) = (place.path.to_owned(), bad().count(), numbers.len());
    Err(Some(NonFinite { path, in_gradient, index, value: wide(value), count, of }))
}

/// An infinite number, or none at all, in what a layer gives, or in an input.
#[derive(Clone, Debug, PartialEq)]
pub struct NonFiniteOutput {
    /// The layer's path, `encoder.conv1`, or the input's name.
    pub layer: String,
    /// Is it an input, so that the data is to blame?
    pub is_input: bool,
    /// The place of the first one in the batch, the last axis fastest.
    pub index: usize,
    /// What stands there.
    pub value: f64,
    /// How many of the numbers are like that.
    pub count: usize,
    /// Of how many.
    pub of: usize,
}

impl fmt::Display for NonFiniteOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, is_input, index, value, count, of } = self;
        let what = if *is_input { "the input " } else { "the output of " };
        write!(f, "{what}`{layer}` holds {value} at element {index}; {count} of its {of} numbers are not finite")
    }
}

impl NonFiniteOutput {
    /// The first of all values of a graph.
    pub(crate) fn first<E: Scalar, D: Device<E>>(graph: &Graph, values: &[Value<E, D>]) -> Option<Self> {
        // Token ids are whole numbers.
        values.iter().enumerate().filter(|(_, value)| !value.is_ids()).find_map(|(i, value)| {
            let numbers = host::read(&value.flat());
            let bad = || numbers.iter().enumerate().filter(|(_, number)| !number.is_finite());
            let (index, &number) = bad().next()?;
            let (layer, is_input) = (graph.value_name(i).to_owned(), i < graph.inputs().len());
            Some(Self { layer, is_input, index, value: wide(number), count: bad().count(), of: numbers.len() })
        })
    }
}

/// The first layer, in the order in which a network runs, whose output for these inputs has a number that is not finite, or an input that has.
/// For when a loss is no number any more: layers behind carry such a number on, and this is where it comes from.
///
/// In `training`, batch normalisation uses the batch, and what is random is drawn anew; nothing is changed in the network.
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
/// assert_eq!((found.layer.as_str(), found.of), ("fc2", 10));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the device is out of memory, or a token id is too large.
///
/// # Panics
/// Where the network's forward pass does: on an empty batch, or on inputs of different batches.
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
    let (plan, pass, _) = network::pass(network, inputs, if training { Mode::Train } else { Mode::Infer }, false)?;
    let values = plan.values(pass, |path, value| Ok(network.custom(path, value, NoneTape)?.0))?;
    Ok(NonFiniteOutput::first(plan.graph(), &values))
}
