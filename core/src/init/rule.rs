//! Initialization rules.

use dfdx::shapes::{HasShape, Shape};
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use rand_distr::{Distribution, StandardNormal, Uniform};

use super::fan::{Fan, fans};
use super::gain::Nonlinearity;
use super::orthogonal::orthogonal;
use crate::Scalar;
use crate::host::{number, wide};
use crate::layout;

/// How a tensor is filled. Random numbers come from its device's generator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// One number everywhere.
    Constant(f64),
    /// A Gaussian.
    Normal {
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        std: f64,
    },
    /// Uniform between two numbers.
    Uniform {
        /// The lower one.
        low: f64,
        /// The higher one.
        high: f64,
    },
    /// A Gaussian with the standard deviation `gain sqrt(2 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierNormal {
        /// The gain of the activation: [`Nonlinearity::gain`].
        gain: f64,
    },
    /// Uniform within `gain sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    XavierUniform {
        /// The gain of the activation: [`Nonlinearity::gain`].
        gain: f64,
    },
    /// A Gaussian with the standard deviation `gain / sqrt(fan)` (He and others, 2015).
    HeNormal {
        /// Which fan.
        fan: Fan,
        /// The activation after the layer.
        nonlinearity: Nonlinearity,
    },
    /// Uniform within `gain sqrt(3 / fan)` (He and others, 2015).
    HeUniform {
        /// Which fan.
        fan: Fan,
        /// The activation after the layer.
        nonlinearity: Nonlinearity,
    },
    /// Orthogonal rows of length `gain`, or columns if there are fewer of them (Saxe and others, 2014). All axes but the first are flattened into
    /// one.
    Orthogonal {
        /// The gain of the activation: [`Nonlinearity::gain`].
        gain: f64,
    },
}

impl Init {
    /// The Kaiming normal rule for the forward pass: PyTorch's `kaiming_normal_`.
    pub fn he_normal(nonlinearity: Nonlinearity) -> Self {
        Self::HeNormal { fan: Fan::In, nonlinearity }
    }

    /// The Kaiming uniform rule for the forward pass: PyTorch's `kaiming_uniform_`.
    pub fn he_uniform(nonlinearity: Nonlinearity) -> Self {
        Self::HeUniform { fan: Fan::In, nonlinearity }
    }

    /// Fills a tensor.
    ///
    /// # Panics
    /// Panics if the rule needs fans and the tensor has fewer than two axes, if the numbers of the rule do not define a distribution, or if the
    /// device is out of memory.
    pub fn fill<S: Shape, E: Scalar, D: Device<E>>(self, tensor: &mut Tensor<S, E, D>) {
        self.try_fill(tensor).unwrap_or_else(|error| panic!("{error}"));
    }

    /// [`Init::fill`], fallible.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    ///
    /// # Panics
    /// Panics if the rule needs fans and the tensor has fewer than two axes, or if the numbers of the rule do not define a distribution.
    pub fn try_fill<S: Shape, E: Scalar, D: Device<E>>(self, tensor: &mut Tensor<S, E, D>) -> Result<(), D::Err> {
        let shape: Vec<usize> = tensor.shape().concrete().into();
        match self.drawn(&shape) {
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
    fn drawn(self, shape: &[usize]) -> Drawn {
        let around = |bound: f64| Drawn::Uniform { low: -bound, high: bound };
        let both = || fans(shape).fan_in as f64 + fans(shape).fan_out as f64;
        let one = |fan: Fan| match fan {
            Fan::In => fans(shape).fan_in as f64,
            Fan::Out => fans(shape).fan_out as f64,
        };
        match self {
            Self::Constant(value) => Drawn::Uniform { low: value, high: value },
            Self::Normal { mean, std } => Drawn::Normal { mean, std },
            Self::Uniform { low, high } => Drawn::Uniform { low, high },
            Self::XavierNormal { gain } => Drawn::Normal { mean: 0.0, std: gain * (2.0 / both()).sqrt() },
            Self::XavierUniform { gain } => around(gain * (6.0 / both()).sqrt()),
            Self::HeNormal { fan, nonlinearity } => Drawn::Normal { mean: 0.0, std: nonlinearity.gain() / one(fan).sqrt() },
            Self::HeUniform { fan, nonlinearity } => around(nonlinearity.gain() * (3.0 / one(fan)).sqrt()),
            Self::Orthogonal { gain } => {
                fans(shape);
                Drawn::Orthogonal { gain }
            }
        }
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
