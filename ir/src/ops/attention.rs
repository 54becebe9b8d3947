//! Attention.

use super::Params;
use crate::{Mistake, Part, Shape, Site, Text};

/// Self-attention with several heads, PyTorch's `MultiheadAttention` of one value (Vaswani and others, 2017, arXiv 1706.03762): `q, k, v = W_in x +
/// b_in` of each step, cut into `heads`; each head gives `softmax(q k^T / sqrt(features / heads)) v`, and `W_out` and `b_out` mix the heads. With
/// `causal` a step sees itself and those before it alone. Dropout acts on the softmax, while training only. Input and output `[length, features]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MultiHeadAttention {
    /// Features; [`INFER`](crate::INFER) takes the input's.
    pub features: usize,
    /// Heads, which divide the features.
    pub heads: usize,
    /// Is a step blind to those behind it?
    pub causal: bool,
    /// The probability of dropping a weight of the softmax while training.
    pub dropout: f64,
    /// Add biases?
    pub bias: bool,
}

impl MultiHeadAttention {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() != 2 {
            let text = site.received(site.start().str(" works on a sequence [length, features], but receives "), input);
            let help = match input.rank() {
                1 => Text::new().str("put `Reshape(1, _)` before it, which makes a sequence of one step"),
                _ => Text::new()
                    .str("put `Reshape(")
                    .num(input.dim(0))
                    .str(", _)` before it, which makes one axis of those behind the first"),
            };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if self.features != crate::INFER && self.features != input.dim(1) {
            let text = site.start().str(" is told to take ").count(self.features, "feature").str(", but receives ").num(input.dim(1));
            let help = Text::new().str("write `").num(input.dim(1)).str("`, or leave the number out to take what comes");
            return Err(Mistake::new(Part::Features, site.received(text.str(": "), input)).help(help));
        }
        self.features = input.dim(1);
        if self.heads == 0 {
            return Err(Mistake::new(Part::Heads, site.start().str(" has 0 heads; it must have at least 1")));
        }
        if !self.features.is_multiple_of(self.heads) {
            let text = site.start().str(" cannot share out ").count(self.features, "feature").str(" over ").count(self.heads, "head");
            let help = Text::new().str("write a number of heads that divides ").num(self.features);
            return Err(Mistake::new(Part::Heads, site.received(text.str(": it receives "), input)).help(help));
        }
        if !(self.dropout >= 0.0 && self.dropout < 1.0) {
            let text = site
                .start()
                .str(" has a `dropout` of ")
                .float(self.dropout)
                .str(", outside 0..1; it is the probability of dropping a weight of the softmax");
            return Err(Mistake::new(Part::Dropout, text));
        }
        Ok((self, *input))
    }

    pub(super) const fn params(&self) -> Params {
        let (n, all) = (self.features, self.features.saturating_mul(3));
        if !self.bias {
            return Params::NONE.trained("in_proj_weight", &[all, n]).trained("out_proj.weight", &[n, n]);
        }
        let params = Params::NONE.trained("in_proj_weight", &[all, n]).trained("in_proj_bias", &[all]);
        params.trained("out_proj.weight", &[n, n]).trained("out_proj.bias", &[n])
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::Features => self.features = crate::INFER,
            Part::Heads => self.heads = 1,
            Part::Dropout => self.dropout = 0.0,
            _ => return None,
        }
        Some(self)
    }

    pub(super) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        let (length, n) = (input.dim(0) as u64, self.features as u64);
        let projections = n.saturating_mul(n).saturating_mul(4);
        let products = length.saturating_mul(n).saturating_mul(2);
        length.saturating_mul(projections.saturating_add(products))
    }
}
