//! Gains of activations.

use crate::{Fan, Init};

/// The activation after a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Nonlinearity {
    /// None.
    Linear,
    /// The logistic function.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// Rectified linear.
    Relu,
    /// Leaky ReLU, with this negative slope.
    LeakyRelu(f64),
    /// Self-normalizing.
    Selu,
}

impl Nonlinearity {
    /// The gain: the factor on the weights that keeps the variance through this activation. PyTorch's `calculate_gain`.
    pub fn gain(self) -> f64 {
        match self {
            Self::Linear | Self::Sigmoid => 1.0,
            Self::Tanh => 5.0 / 3.0,
            Self::Relu => 2f64.sqrt(),
            Self::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Self::Selu => 0.75,
        }
    }
}

impl Init {
    /// The Kaiming normal rule with `fan_in`: PyTorch's `kaiming_normal_`.
    pub fn kaiming_normal(nonlinearity: Nonlinearity) -> Self {
        Self::KaimingNormal { fan: Fan::In, gain: nonlinearity.gain() }
    }

    /// The Kaiming uniform rule with `fan_in`: PyTorch's `kaiming_uniform_`.
    pub fn kaiming_uniform(nonlinearity: Nonlinearity) -> Self {
        Self::KaimingUniform { fan: Fan::In, gain: nonlinearity.gain() }
    }
}
