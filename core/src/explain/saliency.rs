//! The gradient of a target by the picture, as it is and with ReLUs that pass gradients on by other rules.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use layercake_ir::{Graph, Op};

use super::probe::{Network, Outcome, Probe, tensor};
use super::{ExplainError, Target};
use crate::hook::At;
use crate::run::backend::Backend;
use crate::{DynTensor, Scalar};

/// Options of [`saliency`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaliencyOptions {
    /// The absolute value of the gradient; true by default.
    pub abs: bool,
}

impl Default for SaliencyOptions {
    fn default() -> Self {
        Self { abs: true }
    }
}

/// The gradient of the target by the input (Simonyan et al., 2013): Captum's `Saliency`.
///
/// # Shapes
/// - `x`: a batch of samples; the result has the same shape
///
/// # Errors
/// Returns an error if the target does not exist, if `x` does not fit the network, or if the device fails.
pub fn saliency<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
    options: SaliencyOptions,
) -> Outcome<DynTensor<E, D>, D> {
    let mut gradient = Probe::new(network, target.place())?.gradient(x.value(), target)?.1;
    if options.abs {
        gradient.iter_mut().for_each(|g| *g = g.abs());
    }
    tensor(x.value().device(), gradient, x.dims())
}

/// The gradient of the target by the input, times the input: Captum's `InputXGradient`.
///
/// # Errors
/// The same as [`saliency`].
pub fn input_x_gradient<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
) -> Outcome<DynTensor<E, D>, D> {
    let gradient = Probe::new(network, target.place())?.gradient(x.value(), target)?.1;
    let product = gradient.iter().zip(x.to_vec()).map(|(&g, x)| g * x).collect();
    tensor(x.value().device(), product, x.dims())
}

/// The gradient with ReLUs that pass on only its positive part where their input is positive (Springenberg et al., 2014): Captum's `GuidedBackprop`.
///
/// It is not the gradient of any function. ReLUs in custom layers, which the graph does not show, keep their own rule.
///
/// # Errors
/// The same as [`saliency`]; also if no ReLU is before the target.
pub fn guided_backprop<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
) -> Outcome<DynTensor<E, D>, D> {
    let mut probe = Probe::new(network, target.place())?;
    for layer in relus(network.graph(), target, "guided backpropagation")? {
        probe.hooks.change_gradient(At::input(layer), |gradient| gradient.try_elementwise(|g| g.try_relu()));
    }
    let gradient = probe.gradient(x.value(), target)?.1;
    tensor(x.value().device(), gradient, x.dims())
}

/// The gradient with ReLUs that pass on only its positive part, whatever their input was (Zeiler and Fergus, 2014): Captum's `Deconvolution`.
///
/// It is not the gradient of any function. ReLUs in custom layers, which the graph does not show, keep their own rule.
///
/// # Errors
/// The same as [`guided_backprop`].
pub fn deconvolution<E: Scalar, D: Backend<E>>(
    network: Network<'_, E, D>,
    x: &DynTensor<E, D>,
    target: &Target,
) -> Outcome<DynTensor<E, D>, D> {
    let mut probe = Probe::new(network, target.place())?;
    for layer in relus(network.graph(), target, "deconvolution")? {
        // What comes to the output of a ReLU goes on from its input. The backward pass meets applications of a layer in the reverse order, each at its output
        // and then at its input.
        let coming = Rc::new(RefCell::new(Vec::new()));
        let going = Rc::clone(&coming);
        probe.hooks.change_gradient(layer.as_str(), move |gradient| {
            coming.borrow_mut().push(gradient.clone());
            Ok(gradient)
        });
        probe.hooks.change_gradient(At::input(layer), move |own| {
            let gradient = going.borrow_mut().pop().unwrap_or(own);
            gradient.try_elementwise(|g| g.try_relu())
        });
    }
    let gradient = probe.gradient(x.value(), target)?.1;
    tensor(x.value().device(), gradient, x.dims())
}

/// The names of the ReLUs of a graph.
fn relus<Err: std::fmt::Display>(graph: &Graph, target: &Target, method: &'static str) -> Result<BTreeSet<String>, ExplainError<Err>> {
    let flat = graph.inlined();
    let last = target.place().and_then(|at| flat.nodes().iter().rposition(|node| node.name == at.layer())).unwrap_or(flat.nodes().len());
    let before = flat.nodes().iter().take(last.saturating_add(1));
    // A layer that is applied several times once: hooks act at all applications.
    let names: BTreeSet<String> = before.filter(|node| matches!(node.op, Op::Relu(_))).map(|node| node.name.to_string()).collect();
    if names.is_empty() {
        return Err(ExplainError::NoRelu { graph: graph.name.to_string(), method });
    }
    Ok(names)
}
