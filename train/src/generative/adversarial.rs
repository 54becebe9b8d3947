//! The loss of a generator.

use layercake::loss::{BceWithLogits, Loss};
use layercake::prelude::*;
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::error::OnDevice;

/// What a generator learns by (Goodfellow et al., 2014), from the discriminator's logits `s` of its samples, with `D = sigmoid(s)` the probability that they are real.
///
/// Both have the same solution, but not the same gradient: that of the minimax loss vanishes where the discriminator is sure that a sample is generated, which is where the
/// generator has most to learn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorLoss {
    /// `-log D`: the gradient by `s` is `-(1 - D)`.
    #[default]
    NonSaturating,
    /// `log(1 - D)`, the negative loss of the discriminator: the gradient by `s` is `-D`.
    Minimax,
}

impl GeneratorLoss {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::NonSaturating, Self::Minimax];

    /// The name, as in options and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NonSaturating => "non-saturating",
            Self::Minimax => "minimax",
        }
    }

    /// The mean loss of logits `[batch, 1]`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    pub fn try_mean<D: Backend<f32>, T: Tape<f32, D>>(
        self,
        logits: Tensor<(usize, Const<1>), f32, D, T>,
    ) -> Result<Tensor<Rank0, f32, D, T>, TrainError> {
        match self {
            Self::NonSaturating => try_real(logits, true),
            Self::Minimax => try_real(logits, false)?.try_negate().on_device(),
        }
    }
}

/// The mean cross entropy of a discriminator's logits `[batch, 1]` of samples that are all real, or all generated.
///
/// # Errors
/// Returns an error if the device is out of memory.
pub fn try_real<D: Backend<f32>, T: Tape<f32, D>>(
    logits: Tensor<(usize, Const<1>), f32, D, T>,
    real: bool,
) -> Result<Tensor<Rank0, f32, D, T>, TrainError> {
    let device = logits.device().clone();
    let target: Tensor<(usize, Const<1>), f32, D> =
        if real { device.try_ones_like(logits.shape()) } else { device.try_zeros_like(logits.shape()) }.on_device()?;
    BceWithLogits::default().try_mean(logits, target).on_device()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values and gradients by their formulas, also where the exponential of the logit overflows.
    #[test]
    fn by_hand() {
        let device = Cpu::default();
        for s in [-200.0f32, -3.0, 0.0, 1.5, 90.0] {
            let logits: Tensor<(usize, Const<1>), f32, Cpu> = device.tensor((vec![s, s], (2, Const)));
            let p = 1.0 / (1.0 + (-f64::from(s)).exp());
            // log(1 + e^s) without overflow.
            let softplus = f64::from(s).max(0.0) + (-f64::from(s).abs()).exp().ln_1p();
            for (loss, value, slope) in
                [(GeneratorLoss::NonSaturating, softplus - f64::from(s), p - 1.0), (GeneratorLoss::Minimax, -softplus, -p)]
            {
                let found = loss.try_mean(logits.leaky_trace()).unwrap();
                assert!((f64::from(found.array()) - value).abs() < 1e-5 * value.abs().max(1.0), "{loss:?} of {s}: {}", found.array());
                let gradient = found.backward().get(&logits).as_vec();
                assert!((f64::from(gradient[0]) - slope / 2.0).abs() < 1e-6, "{loss:?} of {s}: {gradient:?}");
            }
        }
        for loss in GeneratorLoss::ALL {
            assert_eq!(serde_json::to_value(loss).unwrap(), loss.name());
        }
    }
}
