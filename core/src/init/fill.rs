//! Fills tensors by initialization rules.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use layercake_ir::{Fan, Init};
use rand_distr::{Distribution, StandardNormal, Uniform};

use super::fan::fans;
use super::orthogonal::orthogonal;
use crate::Scalar;
use crate::host::{number, wide};
use crate::layout;

/// Fills a tensor by a rule. Random numbers come from the device's generator.
///
/// # Panics
/// Panics if the rule needs fans and the tensor has fewer than two axes, if the numbers of the rule do not define a distribution, or if the device
/// is out of memory.
pub fn fill<S: Shape, E: Scalar, D: Device<E>>(tensor: &mut Tensor<S, E, D>, rule: Init) {
    try_fill(tensor, rule).unwrap_or_else(|error| panic!("{error}"));
}

/// [`fill`], fallible.
///
/// # Errors
/// Returns an error if the device is out of memory.
///
/// # Panics
/// Panics if the rule needs fans and the tensor has fewer than two axes, or if the numbers of the rule do not define a distribution.
pub fn try_fill<S: Shape, E: Scalar, D: Device<E>>(tensor: &mut Tensor<S, E, D>, rule: Init) -> Result<(), D::Err> {
    let shape: Vec<usize> = tensor.shape().concrete().into();
    match drawn(rule, &shape) {
        Drawn::Normal { mean, std } => tensor.try_fill_with_distr(Normal { mean, std }),
        Drawn::Uniform { low, high } if low == high => layout::write(tensor, &vec![number(low); shape.iter().product()]),
        Drawn::Uniform { low, high } => tensor.try_fill_with_distr(Uniform::new_inclusive(number::<E>(low), number::<E>(high))),
        Drawn::Orthogonal { gain } => {
            tensor.try_fill_with_distr(Normal { mean: 0.0, std: 1.0 })?;
            let mut numbers: Vec<f64> = tensor.as_vec().into_iter().map(wide).collect();
            orthogonal(&mut numbers, shape[0]);
            layout::write(tensor, &numbers.into_iter().map(|x| number(gain * x)).collect::<Vec<E>>())
        }
    }
}

/// The distribution for a tensor of this shape.
fn drawn(rule: Init, shape: &[usize]) -> Drawn {
    let around = |bound: f64| Drawn::Uniform { low: -bound, high: bound };
    let both = || fans(shape).fan_in as f64 + fans(shape).fan_out as f64;
    let one = |fan: Fan| match fan {
        Fan::In => fans(shape).fan_in as f64,
        Fan::Out => fans(shape).fan_out as f64,
    };
    match rule {
        Init::Constant { value } => Drawn::Uniform { low: value, high: value },
        Init::Normal { mean, std } => Drawn::Normal { mean, std },
        Init::Uniform { low, high } => Drawn::Uniform { low, high },
        Init::XavierNormal { gain } => Drawn::Normal { mean: 0.0, std: gain * (2.0 / both()).sqrt() },
        Init::XavierUniform { gain } => around(gain * (6.0 / both()).sqrt()),
        Init::KaimingNormal { fan, gain } => Drawn::Normal { mean: 0.0, std: gain / one(fan).sqrt() },
        Init::KaimingUniform { fan, gain } => around(gain * (3.0 / one(fan)).sqrt()),
        Init::Orthogonal { gain } => {
            fans(shape);
            Drawn::Orthogonal { gain }
        }
        _ => unreachable!("`{}` is not an initialization rule of this version", rule.word()),
    }
}

enum Drawn {
    Normal { mean: f64, std: f64 },
    Uniform { low: f64, high: f64 },
    Orthogonal { gain: f64 },
}

/// A Gaussian of any float type, sampled in double precision.
struct Normal {
    mean: f64,
    std: f64,
}

impl<E: Scalar> Distribution<E> for Normal {
    fn sample<R: rand::Rng + ?Sized>(&self, rng: &mut R) -> E {
        let standard: f64 = StandardNormal.sample(rng);
        number(self.mean + self.std * standard)
    }
}
