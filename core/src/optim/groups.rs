//! Parameters that are updated otherwise than the rest.

use dfdx::optim::WeightDecay;

use super::setting::{FINITE, Setting, setting};

/// How the parameters of a group differ from the rest: see [`Optim::group`](super::Optim::group).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// A factor on the learning rate: a schedule that changes the optimizer's changes the group's with it.
    pub lr_scale: f64,
    /// Takes the place of the amount of the optimizer's weight decay; it is of the same kind, L2 where the optimizer has none.
    pub weight_decay: Option<f64>,
}

/// As the rest.
impl Default for Group {
    fn default() -> Self {
        Self { lr_scale: 1.0, weight_decay: None }
    }
}

impl Group {
    /// Can its parameters be updated?
    pub(super) fn check(&self) -> Result<(), Setting> {
        setting("the factor of a group's learning rate", self.lr_scale, FINITE)?;
        setting("the weight decay of a group", self.weight_decay.unwrap_or(0.0), FINITE)
    }

    /// What becomes of the optimizer's weight decay.
    pub(super) fn decay(&self, of_all: Option<WeightDecay>) -> Option<WeightDecay> {
        match (self.weight_decay, of_all) {
            (None, decay) => decay,
            (Some(amount), Some(WeightDecay::Decoupled(_))) => Some(WeightDecay::Decoupled(amount)),
            (Some(amount), _) => Some(WeightDecay::L2(amount)),
        }
    }
}
