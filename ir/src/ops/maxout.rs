//! Maxout.

use super::Linear;
use super::prelude::*;

operation! {
    /// The maximum of `pieces` linear functions for each output feature (Goodfellow et al., 2013, arXiv 1302.4389): feature `j` is the maximum
    /// of rows `j pieces` to `(j + 1) pieces - 1` of `W x + b`. Input `[in]` or `[length, in]`, output `[out]` or `[length, out]`.
    pub struct Maxout("Maxout"): Linear {
        /// Input features; [`INFER`] for those of the input.
        in_features: usize = Choice::input() => INFER,
        /// Output features.
        out_features: usize = Choice::output(),
        /// Number of linear functions per output feature.
        pieces: usize = Choice::required().label(Label::Counted("piece")) => 1,
        /// Whether to add a bias.
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses)
    outline: Outline::Last("out_features"),
    module: Some(Module::new("Linear", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    example: "Maxout(16, pieces = 2)",
    sample: "[7]",
    sequence: Sequence::OfTwoAxes,
}

impl Maxout {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let linear = Linear { in_features: self.in_features, out_features: self.out_features, bias: self.bias };
        match linear.infer(input, site) {
            Ok((linear, output)) => {
                self.in_features = linear.in_features;
                if self.pieces == 0 {
                    return Err(Mistake::new(Part::Option("pieces"), site.start().str(" has 0 pieces; it must have at least 1")));
                }
                Ok((self, output))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        let rows = self.out_features.saturating_mul(self.pieces);
        let params = Params::NONE.trained("weight", &[rows, self.in_features]);
        if self.bias { params.trained("bias", &[rows]) } else { params }
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        (input.len() as u64).saturating_mul(self.out_features as u64).saturating_mul(self.pieces as u64)
    }

    /// Once per step of a sequence, as torchinfo counts `Linear` since its pull request 318.
    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.len() / output.dim(output.rank() - 1)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_features }
    }
}
