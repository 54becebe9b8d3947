//! Learned tensors.

use super::prelude::*;

operation! {
    /// A learned tensor, PyTorch's `nn.Parameter`: a class token, a positional embedding, learned queries, a scale for each channel. It becomes the current
    /// tensor, the same for all samples, whatever the current tensor was. Its path in checkpoints is the step's name. Initially zeros;
    /// `init = normal(0.02)` and the other rules set its values.
    pub struct Parameter("Parameter"): Other {
        /// The sizes.
        shape: Sizes = Choice::required().first(),
    }
    has(infer, params)
    inputs: Inputs::Batch,
    outline: Outline::List("shape"),
    module: Some(Module::new("Parameter", Axes::Shape("shape"))),
    example: "Parameter([1, 64])",
}

impl Parameter {
    pub(crate) const fn infer(self, _: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.shape.is_empty() {
            let text = site.start().str(" has no sizes");
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("for example `Parameter([1])`, a single number")));
        }
        if self.shape.contains(0) {
            return Err(Mistake::new(Part::Option("shape"), site.start().str(" has a size of 0; every size must be at least 1")));
        }
        Ok((self, self.shape.shape()))
    }

    pub(crate) const fn params(&self) -> Params {
        Params::NONE.trained("", self.shape.as_slice())
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Zeros
    }
}
