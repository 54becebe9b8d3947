//! Linear layer with DropConnect.

use super::Linear;
use super::prelude::*;
use crate::spec::Variation;

operation! {
    /// A `Linear` layer with DropConnect, also written `Linear(120, drop_connect = 0.5)` (Wan et al., 2013, section 3, scaled during training). In
    /// training each weight is zeroed with probability `p` and the others are scaled by `1 / (1 - p)`: `y = x (M * W)^T / (1 - p) + b`. At inference
    /// it is the plain layer. All samples of a batch share the mask `M`; biases are not dropped.
    pub struct DropConnect("DropConnect"): Linear {
        /// Input features; [`INFER`] for those of the input.
        in_features: usize = Choice::input() => INFER,
        /// Output features.
        out_features: usize = Choice::output(),
        /// Probability of dropping a weight: at least 0, less than 1.
        p: f64 = Choice::float(0.5).label(Label::Named("drop")).always() => 0.0,
        /// Whether to add a bias.
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses, draws)
    outline: Outline::Last("out_features"),
    module: Some(Module::new("Linear", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    variation: Some(Variation { of: "Linear", option: "drop_connect", field: "p", without: "no weight is dropped" }),
    example: "DropConnect(120, p = 0.5)",
    sample: "[7]",
    sequence: Sequence::OfTwoAxes,
}

impl DropConnect {
    /// The layer without its mask.
    pub const fn linear(&self) -> Linear {
        Linear { in_features: self.in_features, out_features: self.out_features, bias: self.bias }
    }

    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = probability::check(self.p, "a weight", site) {
            return Err(mistake);
        }
        match self.linear().infer(input, site) {
            Ok((linear, output)) => {
                self.in_features = linear.in_features;
                Ok((self, output))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        self.linear().params()
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, output: &Shape) -> u64 {
        self.linear().multiply_adds(input, output)
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }

    /// Once per step of a sequence, as torchinfo counts `Linear` since its pull request 318.
    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.len() / output.dim(output.rank() - 1)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_features }
    }
}
