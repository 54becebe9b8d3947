//! Gradient clipping (Pascanu, Mikolov and Bengio, 2013).

use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, Gradients, HasErr, Tensor};
use dfdx::tensor_ops::{Device, SumTo, TryMul};
use serde::{Deserialize, Serialize};

use super::option::{InvalidOption, in_range};
use super::presence;
use super::rule::Flat;
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
/// `clip_grad_norm_`. A parameter without a gradient counts as 0; a NaN norm makes all gradients NaN. For devices other than `Cpu` set
/// [`Optim::clip`](super::Optim).
///
/// # Panics
/// Panics if `max_norm` is below 0 or NaN.
pub fn clip_grad_norm<M: TensorCollection<E, Cpu>, E: Scalar>(model: &M, gradients: &mut Gradients<E, Cpu>, max_norm: f64) -> f64
where
    Cpu: Device<E>,
{
    Clip::Norm(max_norm).check().unwrap_or_else(|error| panic!("{error}"));
    let present = presence::of_model(model, gradients).unwrap_or_else(|error| panic!("{error}"));
    let mut norm = Norm { gradients, present: present.iter(), squares: 0.0 };
    each(model, |place, tensor| norm.tensor(place, tensor)).unwrap_or_else(|error| panic!("{error}"));
    let norm = norm.squares.sqrt();
    let action = Clip::Norm(max_norm).given(norm);
    let mut act = Act { gradients, present: present.iter(), action };
    each(model, |place, tensor| act.tensor(place, tensor)).unwrap_or_else(|error| panic!("{error}"));
    norm
}

/// Clamps each element of the gradients of a model's parameters to `-max ..= max`: PyTorch's `clip_grad_value_`. For devices other than `Cpu` set
/// [`Optim::clip`](super::Optim).
///
/// # Panics
/// Panics if `max` is below 0 or NaN.
pub fn clip_grad_value<M: TensorCollection<E, Cpu>, E: Scalar>(model: &M, gradients: &mut Gradients<E, Cpu>, max: f64)
where
    Cpu: Device<E>,
{
    Clip::Value(max).check().unwrap_or_else(|error| panic!("{error}"));
    let present = presence::of_model(model, gradients).unwrap_or_else(|error| panic!("{error}"));
    let mut act = Act { gradients, present: present.iter(), action: Action::Cut(max) };
    each(model, |place, tensor| act.tensor(place, tensor)).unwrap_or_else(|error| panic!("{error}"));
}

struct Norm<'a, E: Scalar, D: Device<E>> {
    gradients: &'a mut Gradients<E, D>,
    present: std::slice::Iter<'a, bool>,
    squares: f64,
}

impl<E: Scalar, D: Device<E>> Norm<'_, E, D> {
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, D>) -> Result<(), D::Err> {
        if place.trained && self.present.next() == Some(&true) {
            self.squares += squares(self.gradients, tensor)?;
        }
        Ok(())
    }
}

struct Act<'a, E: Scalar> {
    gradients: &'a mut Gradients<E, Cpu>,
    present: std::slice::Iter<'a, bool>,
    action: Action,
}

impl<E: Scalar> Act<'_, E>
where
    Cpu: Device<E>,
{
    fn tensor(&mut self, place: Place<'_>, tensor: &dyn AnyTensor<E, Cpu>) -> Result<(), <Cpu as HasErr>::Err> {
        if place.trained && self.present.next() == Some(&true) {
            let storage = tensor.gradient(self.gradients)?;
            self.action.apply(host::numbers_mut::<E, Cpu>(storage).expect("a gradient on `Cpu`"));
        }
        Ok(())
    }
}

/// The sum of the squares of a tensor's gradient.
pub(super) fn squares<E: Scalar, D: Device<E>>(gradients: &mut Gradients<E, D>, tensor: &dyn AnyTensor<E, D>) -> Result<f64, D::Err> {
    if let Some(numbers) = host::numbers_mut::<E, D>(tensor.gradient(gradients)?) {
        return Ok(sum_of_squares(numbers));
    }
    let gradient = tensor.gradient_value(gradients)?.flat();
    let sum: Tensor<Rank0, E, D> = gradient.try_square()?.try_sum()?;
    Ok(wide(sum.as_vec()[0]))
}

/// Eight sums, so that additions need not wait for each other.
fn sum_of_squares<E: Scalar>(numbers: &[E]) -> f64 {
    let mut sums = [0.0; 8];
    let (whole, rest) = numbers.as_chunks::<8>();
    for chunk in whole {
        sums.iter_mut().zip(chunk).for_each(|(sum, &x)| *sum += wide(x) * wide(x));
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&x| wide(x) * wide(x)).sum::<f64>()
}
