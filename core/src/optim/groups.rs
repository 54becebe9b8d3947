//! Parameter groups.

use dfdx::optim::WeightDecay;
use serde::{Deserialize, Serialize};

use super::option::{FINITE, InvalidOption, in_range};

/// The options of a parameter group: see [`Optim::group`](super::Optim::group).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// A factor on the optimizer's learning rate, so that schedules affect the group too.
    pub lr_scale: f64,
    /// Replaces the amount of the optimizer's weight decay. Its kind is kept; it is L2 if the optimizer has none.
    pub weight_decay: Option<f64>,
}

/// The optimizer's options.
impl Default for Group {
    fn default() -> Self {
        Self { lr_scale: 1.0, weight_decay: None }
    }
}

impl Group {
    /// Checks the options.
    pub(super) fn check(&self) -> Result<(), InvalidOption> {
        in_range("the factor of a group's learning rate", self.lr_scale, FINITE)?;
        in_range("the weight decay of a group", self.weight_decay.unwrap_or(0.0), FINITE)
    }

    /// The weight decay of the group.
    pub(super) fn decay(&self, of_all: Option<WeightDecay>) -> Option<WeightDecay> {
        match (self.weight_decay, of_all) {
            (None, decay) => decay,
            (Some(amount), Some(WeightDecay::Decoupled(_))) => Some(WeightDecay::Decoupled(amount)),
            (Some(amount), _) => Some(WeightDecay::L2(amount)),
        }
    }
}
