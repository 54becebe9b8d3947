//! Gradients against differences (CS231n, notes on learning).

use std::fmt;

use dfdx::nn::ZeroGrads;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, Gradients, OwnedTape, Tensor};
use dfdx::tensor_ops::Backward;

use crate::model::Model;

/// How gradients are checked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GradCheck {
    /// How far each number is moved to both sides.
    pub step: f64,
    /// How many numbers of each tensor are checked, evenly spread.
    pub most: usize,
}

/// Steps of 1e-5, all numbers.
impl Default for GradCheck {
    fn default() -> Self {
        Self { step: 1e-5, most: usize::MAX }
    }
}

/// The largest relative error of each tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct GradReport {
    /// In the order of the model; a tensor of which nothing was checked is missing.
    pub tensors: Vec<Worst>,
}

/// The worst number of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Worst {
    /// The tensor's path.
    pub path: String,
    /// The number's place, the last axis fastest.
    pub index: usize,
    /// What the backward pass gives.
    pub analytic: f64,
    /// What the difference gives.
    pub numeric: f64,
    /// How far they are apart: [`relative_error`].
    pub error: f64,
    /// How many numbers were checked.
    pub checked: usize,
}

/// The course's rule: `|a - n| / max(|a|, |n|)`, 0 if both are 0.
pub fn relative_error(analytic: f64, numeric: f64) -> f64 {
    let scale = analytic.abs().max(numeric.abs());
    if scale == 0.0 { 0.0 } else { (analytic - numeric).abs() / scale }
}

/// Compares the gradient of a loss by each trained parameter with `(loss(p + step) - loss(p - step)) / (2 step)`, in double precision.
///
/// `loss` runs the model with the gradients that it is given and gives the loss; it must give the same for the same parameters, so no dropout.
/// To check the gradient by an input too, make it part of the model: `(net, x)` with `x` of constant sizes.
///
/// What the course says of the largest relative error: above 1e-2 the gradient is probably wrong; from 1e-2 to 1e-4 one should feel
/// uncomfortable; up to 1e-4 is fine for losses with kinks (ReLU, hinge) and too high without; 1e-7 and less is good. The deeper the network,
/// the larger the error. A difference no larger than what the rounding of the loss itself explains counts as none.
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
/// If the step is not above 0, or the device is out of memory.
pub fn gradcheck<M: TensorCollection<f64, Cpu>>(
    model: &mut M,
    options: GradCheck,
    mut loss: impl FnMut(&mut M, Gradients<f64, Cpu>) -> Tensor<Rank0, f64, Cpu, OwnedTape<f64, Cpu>>,
) -> GradReport {
    assert!(options.step > 0.0, "the numbers must be moved by more than {}", options.step);
    let fresh = model.alloc_grads();
    let here = loss(model, fresh);
    // The difference of two losses is known no better than this.
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
        let checked = numbers.len().min(options.most);
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
fn set<M: TensorCollection<f64, Cpu>>(model: &mut M, path: &str, numbers: &[f64]) {
    model.for_each_tensor_mut(|mut tensor| {
        if tensor.path() == path {
            tensor.copy_from(numbers);
        }
    });
}

impl GradReport {
    /// The largest relative error of all; infinite where one is no number.
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
