//! Parametric ReLU.

use super::prelude::*;

operation! {
    /// `x` if `x > 0`, else `weight * x` with a learned weight: PyTorch's `PReLU` (He et al., 2015, arXiv 1502.01852). There is one weight, or one
    /// per channel (the first axis). Any shape.
    pub struct Prelu("PReLU"): Activation {
        /// Number of weights: 1, or the number of channels.
        parameters: usize = Choice::size(1).first() => 1,
    }
    has(infer, params)
    torch: &["num_parameters: parameters", "init: -"],
    module: Some(Module::new("Prelu", Axes::Of(&[(0, 0)]))),
    example: "PReLU",
}

impl Prelu {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.parameters == 1 || (self.parameters == input.dim(0) && self.parameters > 0) {
            return Ok((self, *input));
        }
        let text = site.start().str(" has ").count(self.parameters, "parameter").str(", but receives ");
        let help = Text::new().str("write `").num(input.dim(0)).str("` for one per channel, or `1` for a single one");
        Err(Mistake::new(Part::Option("parameters"), site.received(text, input)).help(help))
    }

    pub(crate) const fn params(&self) -> Params {
        Params::NONE.trained("weight", &[self.parameters])
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Constant(0.25)
    }
}
