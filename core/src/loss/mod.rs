//! Losses.
//!
//! Each loss is a function that gives the mean, and a type with all options as fields and the reductions as methods.
//!
//! ```
//! use layercake::prelude::*;
//! use layercake::loss::{CrossEntropy, Loss};
//!
//! let device = Cpu::default();
//! let logits: Tensor<Rank2<2, 3>, f32, _> = device.tensor([[2.0, 0.5, -1.0], [0.0, 1.0, 0.0]]);
//! let labels = vec![0, 2];
//!
//! let loss = loss::cross_entropy(logits.leaky_trace(), &labels);           // F.cross_entropy(logits, labels)
//! let smooth = CrossEntropy { label_smoothing: 0.1, ..Default::default() };
//! let each = smooth.each(logits.clone(), &labels);                        // label_smoothing=0.1, reduction="none"
//! assert_eq!(each.shape().concrete(), [2]);
//! let gradients = loss.backward();
//! # let _ = gradients.get(&logits);
//! ```
//!
//! | here | PyTorch | dfdx's own |
//! |---|---|---|
//! | [`mse`], [`Mse`] | `mse_loss` | `mse_loss`: mean only |
//! | [`l1`], [`L1`] | `l1_loss` | `mae_loss`: mean only |
//! | [`huber`], [`Huber`]; [`smooth_l1`], [`SmoothL1`] | `huber_loss`; `smooth_l1_loss` | `huber_loss`; `smooth_l1_loss`: NaN for `beta` 0 |
//! | [`cross_entropy`], [`CrossEntropy`] | `cross_entropy` | soft targets only, no options |
//! | [`token_cross_entropy`], [`token_loss`] | `cross_entropy` of `logits.flatten(0, 1)` and `ids.flatten()` | none |
//! | [`nll`], [`Nll`] | `nll_loss` | none |
//! | [`bce`], [`Bce`] | `binary_cross_entropy` | none |
//! | [`bce_with_logits`], [`BceWithLogits`] | `binary_cross_entropy_with_logits` | 0 for sure and right predictions, no weights |
//! | [`focal`], [`Focal`] | torchvision's `sigmoid_focal_loss` | none |
//! | [`hinge`], [`Hinge`] | `multi_margin_loss` times the number of classes | none |
//! | [`kl_div`], [`KlDiv`] | `kl_div` | from logits only; NaN for a target of 0 |
//! | [`gaussian_kl`] | none | none |
//! | [`gaussian_nll`] | `gaussian_nll_loss`, of a variance | none |
//! | [`entropy`] | `Categorical(logits=..).entropy()` | none |
//!
//! On `Cpu` a loss is one operation on the tape: its value and its gradient are computed in one pass, where dfdx would make a tensor for each step of
//! the formula. Other devices compute the formula with dfdx's operations.
//!
//! Functions that begin with `try_` return the device's error. A target that does not fit the prediction is a mistake of the program, and panics in
//! all functions, as in dfdx.

mod binary;
mod cross_entropy;
#[cfg(feature = "cuda")]
mod device;
mod entropy;
mod focal;
mod gaussian;
mod hinge;
mod huber;
mod kl;
mod l1;
mod labels;
mod mse;
mod nll;
mod pointwise;
mod record;
mod rows;
mod tokens;

pub use binary::{Bce, BceWithLogits, bce, bce_with_logits};
pub use cross_entropy::{CrossEntropy, cross_entropy, try_cross_entropy};
pub use entropy::{entropy, try_entropy};
pub use focal::{Focal, focal};
pub use gaussian::{gaussian_kl, gaussian_nll, try_gaussian_kl, try_gaussian_nll};
pub use hinge::{Hinge, hinge};
pub use huber::{Huber, SmoothL1, huber, smooth_l1};
pub use kl::{KlDiv, kl_div};
pub use l1::{L1, l1};
pub use labels::Labels;
pub use mse::{Mse, mse};
pub use nll::{Nll, nll};
pub(crate) use pointwise::Flat;
pub use rows::Rows;
pub use tokens::{token_cross_entropy, token_loss, try_token_loss};

use std::fmt::Display;

/// A loss of predictions `P` against targets `T`, and its reductions.
pub trait Loss<P, T> {
    /// One loss for each element, or for each row of scores.
    type Each;
    /// A single number.
    type Reduced;
    /// The error type of the device.
    type Err: Display;

    /// The losses without reduction: `reduction="none"`.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn try_each(&self, prediction: P, target: T) -> Result<Self::Each, Self::Err>;

    /// The sum of the losses.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn try_sum(&self, prediction: P, target: T) -> Result<Self::Reduced, Self::Err>;

    /// The mean of the losses; with weighted labels, the weighted mean.
    ///
    /// # Errors
    /// Returns an error if the device is out of memory.
    fn try_mean(&self, prediction: P, target: T) -> Result<Self::Reduced, Self::Err>;

    /// [`Loss::try_each`] that panics on an error.
    fn each(&self, prediction: P, target: T) -> Self::Each {
        self.try_each(prediction, target).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Loss::try_sum`] that panics on an error.
    fn sum(&self, prediction: P, target: T) -> Self::Reduced {
        self.try_sum(prediction, target).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Loss::try_mean`] that panics on an error.
    fn mean(&self, prediction: P, target: T) -> Self::Reduced {
        self.try_mean(prediction, target).unwrap_or_else(|error| panic!("{error}"))
    }
}
