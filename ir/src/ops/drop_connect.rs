//! Linear layer whose weights are dropped at random.

use super::Linear;
use super::prelude::*;
use crate::spec::Variation;

operation! {
    /// A `Linear` with DropConnect, written `Linear(120, drop_connect = 0.5)` too: while training each weight is zeroed with probability `p` and
    /// the others are scaled by `1 / (1 - p)`, so that `y = x (M * W)^T / (1 - p) + b`; at inference it is the plain layer (Wan et al., 2013,
    /// section 3, in the inverted form). There is one mask `M` for each pass over a batch, not one for each sample; biases are kept.
    pub struct DropConnect("DropConnect"): Linear {
        /// Features in; [`INFER`] takes the input's.
        in_features: usize = Choice::input() => INFER,
        /// Features out.
        out_features: usize = Choice::output(),
        /// The probability of dropping a weight: at least 0, less than 1.
        p: f64 = Choice::float(0.5).label(Label::Named("drop")).always() => 0.0,
        /// Add a bias?
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses, draws)
    outline: Outline::Last("out_features"),
    module: Some(Module::new("Linear", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    variation: Some(Variation { of: "Linear", option: "drop_connect", field: "p", without: "none is dropped" }),
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

    /// Once for each step of a sequence: torchinfo does so for `Linear` since its pull request 318.
    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.len() / output.dim(output.rank() - 1)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_features }
    }
}
