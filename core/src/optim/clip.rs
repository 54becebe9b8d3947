//! Gradient clipping (Pascanu, Mikolov and Bengio, 2013).

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, Storage, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryAdd, TryMul};
use serde::{Deserialize, Serialize};

use super::option::{InvalidOption, in_range};
use super::presence;
use super::rule::{Flat, Rule};
use super::step::Optim;
use crate::gradient::storage_of;
use crate::host::{number, wide};
use crate::model::Place;
use crate::model::any_tensor::{AnyTensor, each};
use crate::{Scalar, bounds, host};

/// How gradients are clipped.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clip {
    /// By norm: all gradients are scaled by one factor, so that their total norm is at most this.
    Norm(f64),
    /// By value: each element is clamped to at most this, and at least its negative.
    Value(f64),
}

/// What is done to each gradient.
#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    Scale(f64),
    Cut(f64),
}

impl Clip {
    /// Checks the limit.
    ///
    /// # Errors
    /// Returns an error if the limit is below 0, which would reverse the gradients, or NaN.
    pub(super) fn check(self) -> Result<(), InvalidOption> {
        match self {
            Self::Norm(most) => in_range("the limit of the gradients' norm", most, 0.0..=f64::INFINITY),
            Self::Value(most) => in_range("the limit of each gradient", most, 0.0..=f64::INFINITY),
        }
    }

    /// The action for a given total norm.
    pub(super) fn given(self, norm: f64) -> Action {
        match self {
            // PyTorch's formula, which avoids a division by 0. A NaN norm makes all gradients NaN, so that it shows; `min` would hide it.
            Self::Norm(most) => {
                let factor = most / (norm + 1e-6);
                Action::Scale(if factor > 1.0 { 1.0 } else { factor })
            }
            Self::Value(most) => Action::Cut(most),
        }
    }
}

impl Action {
    /// Whether it changes nothing.
    pub(super) fn is_nothing(self) -> bool {
        matches!(self, Self::Scale(1.0))
    }

    pub(super) fn apply<E: Scalar>(self, gradient: &mut [E]) {
        match self {
            Self::Scale(1.0) => {}
            Self::Scale(factor) => gradient.iter_mut().for_each(|g| *g *= number(factor)),
            Self::Cut(most) => {
                let most = number::<E>(most);
                // Keeps NaN.
                gradient.iter_mut().for_each(|g| {
                    *g = if *g > most {
                        most
                    } else if *g < -most {
                        -most
                    } else {
                        *g
                    }
                });
            }
        }
    }

    pub(super) fn portable<E: Scalar, D: Device<E>>(self, gradient: Flat<E, D>) -> Result<Flat<E, D>, D::Err> {
        match self {
            Self::Scale(factor) => gradient.try_mul(number::<E>(factor)),
            Self::Cut(most) => bounds::clamp(gradient, -most, most),
        }
    }
}

/// Scales the gradients of a model's parameters so that their total norm is at most `max_norm`, and returns the norm before: PyTorch's
/// `clip_grad_norm_`. A parameter without a gradient counts as 0; a NaN norm makes all gradients NaN.
///
/// # Panics
/// Panics if `max_norm` is below 0 or NaN, or if the device fails.
pub fn clip_grad_norm<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
    max_norm: f64,
) -> f64 {
    Clip::Norm(max_norm).check().unwrap_or_else(|error| panic!("{error}"));
    let present = presence::of_model(model, gradients).unwrap_or_else(|error| panic!("{error}"));
    let norm = norm_of(model, gradients, &present, |_| true).unwrap_or_else(|error| panic!("{error}"));
    let action = Clip::Norm(max_norm).given(norm);
    let mut act = Act { gradients, present: present.iter(), action };
    each(model, |place, tensor| act.tensor(place, tensor)).unwrap_or_else(|error| panic!("{error}"));
    norm
}

/// The norm of all gradients of a model's parameters together: PyTorch's `get_total_norm`. Parameters that an optimizer has frozen count.
///
/// # Panics
/// Panics if the device fails.
pub fn grad_norm<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M, gradients: &mut Gradients<E, D>) -> f64 {
    try_grad_norm(model, gradients).unwrap_or_else(|error| panic!("{error}"))
}

/// [`grad_norm`], with an error instead of a panic.
///
/// # Errors
/// Returns an error if the device fails.
pub fn try_grad_norm<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<f64, D::Err> {
    let present = presence::of_model(model, gradients)?;
    norm_of(model, gradients, &present, |_| true)
}

fn norm_of<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(
    model: &M,
    gradients: &mut Gradients<E, D>,
    present: &[bool],
    counts: impl Fn(&str) -> bool,
) -> Result<f64, D::Err> {
    let mut norm = Norm { gradients, present: present.iter(), counts: &counts, squares: Squares::default() };
    each(model, |place, tensor| norm.tensor(place, tensor))?;
    Ok(norm.squares.total().sqrt())
}

impl<R: Rule, E: Scalar, D: Device<E>> Optim<R, E, D> {
    /// The norm of the gradients of all parameters that the optimizer moves: [`try_grad_norm`] without the frozen ones.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub fn try_grad_norm<M: TensorCollection<E, D>>(&self, model: &M, gradients: &mut Gradients<E, D>) -> Result<f64, D::Err> {
        let present = presence::of_model(model, gradients)?;
        norm_of(model, gradients, &present, |path| !self.frozen.contains(path))
    }
}

/// Clamps each element of the gradients of a model's parameters to `-max ..= max`: PyTorch's `clip_grad_value_`.
///
/// # Panics
/// Panics if `max` is below 0 or NaN, or if the device fails.
pub fn clip_grad_value<M: TensorCollection<E, D>, E: Scalar, D: Device<E>>(model: &M, gradients: &mut Gradients<E, D>, max: f64) {
    Clip::Value(max).check().unwrap_or_else(|error| panic!("{error}"));
    let present = presence::of_model(model, gradients).unwrap_or_else(|error| panic!("{error}"));
    let mut act = Act { gradients, present: present.iter(), action: Action::Cut(max) };
    each(model, |place, tensor| act.tensor(place, tensor)).unwrap_or_else(|error| panic!("{error}"));
}

struct Norm<'a, E: Scalar, D: Device<E>> {
    gradients: &'a mut Gradients<E, D>,
    present: std::slice::Iter<'a, bool>,
    /// Whether the gradient of the parameter with this path counts.
    counts: &'a dyn Fn(&str) -> bool,
    squares: Squares<E, D>,
}

impl<E: Scalar, D: Device<E>> Norm<'_, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if place.trained && self.present.next() == Some(&true) && (self.counts)(place.path) {
            self.squares.add(self.gradients, tensor)?;
        }
        Ok(())
    }
}

struct Act<'a, E: Scalar, D: Device<E>> {
    gradients: &'a mut Gradients<E, D>,
    present: std::slice::Iter<'a, bool>,
    action: Action,
}

impl<E: Scalar, D: Device<E>> Act<'_, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if !place.trained || self.present.next() != Some(&true) {
            return Ok(());
        }
        if let Some(numbers) = host::numbers_mut::<E, D>(tensor.gradient(self.gradients)?) {
            self.action.apply(numbers);
            return Ok(());
        }
        // As one axis, in the order of the memory.
        let device = tensor.device().clone();
        let memory = std::mem::replace(tensor.gradient(self.gradients)?, <D as Storage<E>>::try_alloc_len(&device, 0)?);
        let flat: Flat<E, D> = device.try_zeros_like(&(<D as Storage<E>>::len(&device, &memory),))?;
        let mut gradient = Gradients::leaky();
        *gradient.get_or_alloc_mut(&flat)? = memory;
        let changed = self.action.portable(gradient.get(&flat))?;
        *tensor.gradient(self.gradients)? = storage_of(changed)?;
        Ok(())
    }
}

/// A sum of the squares of gradients. On a device it stays there until the end, since each number that is read waits for all that is under way.
pub(super) struct Squares<E: Scalar, D: Device<E>> {
    on_host: f64,
    on_device: Option<Tensor<Rank0, E, D>>,
}

impl<E: Scalar, D: Device<E>> Default for Squares<E, D> {
    fn default() -> Self {
        Self { on_host: 0.0, on_device: None }
    }
}

impl<E: Scalar, D: Device<E>> Squares<E, D> {
    /// Adds those of a tensor's gradient.
    pub fn add(&mut self, gradients: &mut Gradients<E, D>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if let Some(numbers) = host::numbers_mut::<E, D>(tensor.gradient(gradients)?) {
            self.on_host += E::sum_of_squares(numbers);
            return Ok(());
        }
        let gradient = tensor.gradient_value(gradients)?.flat();
        let sum: Tensor<Rank0, E, D> = gradient.try_square()?.try_sum()?;
        self.on_device = Some(match self.on_device.take() {
            None => sum,
            Some(before) => before.try_add(sum)?,
        });
        Ok(())
    }

    /// The sum.
    pub fn total(&self) -> f64 {
        self.on_host + self.on_device.as_ref().map_or(0.0, |sum| wide(sum.as_vec()[0]))
    }
}

/// Eight sums, so that additions need not wait for each other.
pub(super) fn sum_of_squares<E: Scalar>(numbers: &[E]) -> f64 {
    let mut sums = [0.0; 8];
    let (whole, rest) = numbers.as_chunks::<8>();
    for chunk in whole {
        sums.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += wide(x) * wide(x));
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&x| wide(x) * wide(x)).sum::<f64>()
}
