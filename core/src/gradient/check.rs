//! Gradient checks by finite differences (CS231n, notes on learning).

use std::fmt;

use dfdx::nn::ZeroGrads;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, OwnedTape, Tensor};
use dfdx::tensor_ops::{Backward, Device};

use crate::model::Model;

/// The options of a gradient check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradCheck {
    /// The difference by which each number is moved to both sides.
    pub step: f64,
    /// The number of elements of each tensor that are checked, evenly spread.
    pub max_elements: usize,
}

/// Steps of 1e-5, all elements.
impl Default for GradCheck {
    fn default() -> Self {
        Self { step: 1e-5, max_elements: usize::MAX }
    }
}

/// The largest relative error of each tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct GradReport {
    /// In the order of the model; without tensors of which nothing was checked.
    pub tensors: Vec<Worst>,
}

/// The element of a tensor with the largest error.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// The tensor's path.
    pub path: String,
    /// The index of the element, in row-major order.
    pub index: usize,
    /// The derivative by the backward pass.
    pub analytic: f64,
    /// The derivative by finite differences.
    pub numeric: f64,
    /// Their [`relative_error`].
    pub error: f64,
    /// The number of elements that were checked.
    pub checked: usize,
}

/// The relative error `|a - n| / max(|a|, |n|)`, 0 if both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let scale = analytic.abs().max(numeric.abs());
    if scale == 0.0 { 0.0 } else { (analytic - numeric).abs() / scale }
}

/// Compares the gradient of a loss by each trained parameter with `(loss(p + step) - loss(p - step)) / (2 step)`, in double precision, on the
/// model's device.
///
/// `loss` runs the model with the gradients that it is given and returns the loss. It must be deterministic, so it cannot use dropout. To check the
/// gradient of an input too, make the input part of the model: `(net, x)` with an `x` of constant shape.
///
/// How to judge the largest relative error: above 1e-2 the gradient is probably wrong; 1e-4 to 1e-2 is suspicious; up to 1e-4 is fine for losses with
/// kinks (ReLU, hinge) and too high for others; up to 1e-7 is good. The error grows with the depth of the network. A difference that is explained by
/// the rounding of the loss counts as 0.
///
/// ```
/// use layercake::gradient::{GradCheck, gradcheck};
/// use layercake::prelude::*;
///
/// network! { Net: [3] -> [2] { fc1: Linear(4), Tanh, fc2: Linear(2) } }
///
/// let device = Cpu::seed_from_u64(1);
/// let net = device.build_module::<Net, f64>();
/// let x: Tensor<Rank2<5, 3>, f64, _> = device.sample_normal();
/// let mut model = (net, x);
/// let report = gradcheck(&mut model, GradCheck::default(), |(net, x), gradients| {
///     loss::cross_entropy(net.forward_mut(x.clone().traced(gradients)), &[0, 1, 1, 0, 1])
/// });
/// assert!(report.largest() < 1e-7, "{report}");
/// ```
///
/// # Panics
/// Panics if the step is not above 0, or if the device is out of memory.
pub fn gradcheck<M: TensorCollection<f64, D>, D: Device<f64>>(
    model: &mut M,
    options: GradCheck,
    mut loss: impl FnMut(&mut M, Gradients<f64, D>) -> Tensor<Rank0, f64, D, OwnedTape<f64, D>>,
) -> GradReport {
    assert!(options.step > 0.0, "the step must be above 0, not {}", options.step);
    let fresh = model.alloc_grads();
    let here = loss(model, fresh);
    // The rounding error of the difference of two losses.
    let noise = 4.0 * f64::EPSILON * here.as_vec()[0].abs() / options.step;
    let gradients = here.backward();
    let analytic: Vec<(String, Vec<f64>, Vec<f64>)> = model
        .named_parameters()
        .iter()
        .map(|parameter| (parameter.path().to_owned(), parameter.to_vec(), gradients.get(&parameter.flat()).as_vec()))
        .collect();
    let mut tensors = Vec::new();
    for (path, numbers, analytic) in analytic {
        let mut worst: Option<Worst> = None;
        let checked = numbers.len().min(options.max_elements);
        for i in 0..checked {
            let index = i * numbers.len() / checked;
            let mut moved = |by: f64| {
                let mut changed = numbers.clone();
                changed[index] += by;
                set(model, &path, &changed);
                let gradients = model.alloc_grads();
                loss(model, gradients).as_vec()[0]
            };
            let numeric = (moved(options.step) - moved(-options.step)) / (2.0 * options.step);
            let explained = (analytic[index] - numeric).abs() <= noise;
            let error = if explained { 0.0 } else { relative_error(analytic[index], numeric) };
            if worst.as_ref().is_none_or(|worst| error > worst.error || error.is_nan()) {
                worst = Some(Worst { path: path.clone(), index, analytic: analytic[index], numeric, error, checked });
            }
        }
        set(model, &path, &numbers);
        tensors.extend(worst);
    }
    GradReport { tensors }
}

/// Overwrites a parameter; it keeps its identity.
fn set<M: TensorCollection<f64, D>, D: Device<f64>>(model: &mut M, path: &str, numbers: &[f64]) {
    model.for_each_tensor_mut(|mut tensor| {
        if tensor.path() == path {
            tensor.copy_from(numbers);
        }
    });
}

impl GradReport {
    /// The largest relative error of all tensors; infinite if one is NaN.
    pub fn largest(&self) -> f64 {
        self.tensors.iter().fold(0.0, |most, worst| if worst.error.is_nan() { f64::INFINITY } else { most.max(worst.error) })
    }
}

impl fmt::Display for GradReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Worst { path, index, analytic, numeric, error, checked } in &self.tensors {
            writeln!(f, "{path}: {error:.1e} at element {index}: {analytic:e} against {numeric:e} ({checked} checked)")?;
        }
        Ok(())
    }
}
