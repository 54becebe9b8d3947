//! Layer normalisation.

use super::{Params, Sizes};
use crate::{Mistake, Part, Shape, Site, Text};

/// Normalises each sample over its last axes, `(x - mean) / sqrt(var + eps) * weight + bias`, PyTorch's `LayerNorm` (Ba et al., 2016,
/// arXiv 1607.06450). Any shape that ends in `shape`; a weight and a bias for each element of that.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LayerNorm {
    /// The last sizes of the input; none takes the last one of `[features]` or `[length, features]`.
    pub shape: Sizes,
    /// Added to the variance.
    pub eps: f64,
    /// Learn a scale and a shift?
    pub affine: bool,
}

impl LayerNorm {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if self.shape.is_empty() {
            if input.rank() > 2 {
                let text = site.received(site.start().str(" must be told over which sizes, since it receives "), input);
                let help = Text::new().str("write `shape = (").list(input.dims()).str(")` for all of them");
                return Err(Mistake::new(Part::Layer, text).help(help));
            }
            self.shape = Sizes::new(&[input.dim(input.rank().saturating_sub(1))]);
        }
        let rank = self.shape.len();
        let mut same = rank <= input.rank();
        let mut i = 0;
        while same && i < rank {
            same = self.shape.get(i) == input.dim(input.rank() - rank + i);
            i += 1;
        }
        if !same {
            let text = site.start().str(" is told to normalise over ").shape(&self.shape.shape()).str(", but receives ");
            let help = Text::new().str("write `(");
            let from = if rank < input.rank() { input.rank() - rank } else { 0 };
            let help = help.list(input.dims().split_at(from).1).str(")`, the last sizes of what comes");
            return Err(Mistake::new(Part::Shape, site.received(text, input)).help(help));
        }
        if let Some(mistake) = super::batch_norm::check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(super) const fn params(&self) -> Params {
        if !self.affine {
            return Params::NONE;
        }
        Params::NONE.trained("weight", self.shape.as_slice()).trained("bias", self.shape.as_slice())
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Eps => self.eps = 0.0,
            _ => return None,
        }
        Some(self)
    }
}
