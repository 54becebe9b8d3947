//! Attention.

use super::prelude::*;

operation! {
    /// Self-attention with several heads, PyTorch's `MultiheadAttention` of one value (Vaswani and others, 2017, arXiv 1706.03762): `q, k, v = W_in x +
    /// b_in` of each step, cut into `heads`; each head gives `softmax(q k^T / sqrt(features / heads)) v`, and `W_out` and `b_out` mix the heads. With
    /// `causal` a step sees itself and those before it alone. Dropout acts on the softmax, while training only. Input and output `[length, features]`.
    pub struct MultiheadAttention("MultiheadAttention"): Attention {
        /// Features; [`INFER`] takes the input's.
        features: usize = Choice::infer() => INFER,
        /// Heads, which divide the features.
        heads: usize = Choice::required().first().label(Label::Counted("head")) => 1,
        /// Is a step blind to those behind it?
        causal: bool = Choice::switch(false, "causal"),
        /// The probability of dropping a weight of the softmax while training.
        dropout: f64 = Choice::float(0.0).label(Label::Named("drop")) => 0.0,
        /// Add biases?
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses, draws)
    torch: &["embed_dim: features", "num_heads: heads", "dropout", "bias", "add_bias_kv: -", "add_zero_attn: -", "kdim: -", "vdim: -", "batch_first: -"],
    by_place: 2,
    others: &["attention", "selfattention", "multihead", "mha", "causalselfattention"],
    module: Some(Module::new("MultiheadAttention", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    example: "MultiheadAttention(4, causal = true)",
    sample: "[9, 8]",
    sequence: Sequence::Always,
}

impl MultiheadAttention {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
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
        if self.features != INFER && self.features != input.dim(1) {
            let text = site.start().str(" is told to take ").count(self.features, "feature").str(", but receives ").num(input.dim(1));
            let help = Text::new().str("write `").num(input.dim(1)).str("`, or leave the number out to take what comes");
            return Err(Mistake::new(Part::Option("features"), site.received(text.str(": "), input)).help(help));
        }
        self.features = input.dim(1);
        if self.heads == 0 {
            return Err(Mistake::new(Part::Option("heads"), site.start().str(" has 0 heads; it must have at least 1")));
        }
        if !self.features.is_multiple_of(self.heads) {
            let text = site.start().str(" cannot share out ").count(self.features, "feature").str(" over ").count(self.heads, "head");
            let help = Text::new().str("write a number of heads that divides ").num(self.features);
            return Err(Mistake::new(Part::Option("heads"), site.received(text.str(": it receives "), input)).help(help));
        }
        if !(self.dropout >= 0.0 && self.dropout < 1.0) {
            let text = site
                .start()
                .str(" has a `dropout` of ")
                .float(self.dropout)
                .str(", outside 0..1; it is the probability of dropping a weight of the softmax");
            return Err(Mistake::new(Part::Option("dropout"), text));
        }
        Ok((self, *input))
    }

    pub(crate) const fn params(&self) -> Params {
        let (n, all) = (self.features, self.features.saturating_mul(3));
        if !self.bias {
            return Params::NONE.trained("in_proj_weight", &[all, n]).trained("out_proj.weight", &[n, n]);
        }
        let params = Params::NONE.trained("in_proj_weight", &[all, n]).trained("in_proj_bias", &[all]);
        params.trained("out_proj.weight", &[n, n]).trained("out_proj.bias", &[n])
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        let (length, n) = (input.dim(0) as u64, self.features as u64);
        let projections = n.saturating_mul(n).saturating_mul(4);
        let products = length.saturating_mul(n).saturating_mul(2);
        length.saturating_mul(projections.saturating_add(products))
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        match tensor {
            "in_proj_weight" => Initial::XavierUniform,
            "out_proj.weight" => Initial::Uniform { fan_in: self.features },
            _ => Initial::Zeros,
        }
    }

    /// Once for each step.
    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.dim(0)
    }

    pub(crate) const fn draws(&self) -> bool {
        self.dropout > 0.0
    }
}
