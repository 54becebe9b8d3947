//! Multi-head self-attention.

use super::prelude::*;

operation! {
    /// Multi-head self-attention, PyTorch's `MultiheadAttention` with query, key and value from one input (Vaswani et al., 2017, arXiv 1706.03762).
    /// `q, k, v = W_in x + b_in` are split into `heads`; each head computes `softmax(q k^T / sqrt(features / heads)) v`, and `W_out` and `b_out` project
    /// the concatenated heads. With `causal`, a step attends only to itself and earlier steps. In training, dropout is applied to the softmax. Input and
    /// output `[length, features]`.
    pub struct MultiheadAttention("MultiheadAttention"): Attention {
        /// Number of features; [`INFER`] for that of the input.
        features: usize = Choice::infer() => INFER,
        /// Number of heads, which must divide the features.
        heads: usize = Choice::required().first().label(Label::Counted("head")) => 1,
        /// Whether to mask later steps.
        causal: bool = Choice::switch(false, "causal"),
        /// Probability of dropping an attention weight in training.
        dropout: f64 = Choice::float(0.0).label(Label::Named("drop")) => 0.0,
        /// Whether to add biases.
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
            let text = site.received(site.start().str(" expects a sequence [length, features], but receives "), input);
            let help = match input.rank() {
                1 => Text::new().str("put `Reshape(1, _)` before it for a sequence of one step"),
                _ => Text::new().str("put `Reshape(").num(input.dim(0)).str(", _)` before it to flatten all axes but the first"),
            };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if self.features != INFER && self.features != input.dim(1) {
            let text = site.start().str(" expects ").count(self.features, "input feature").str(", but receives ").num(input.dim(1));
            let help = normalization::infer(input.dim(1));
            return Err(Mistake::new(Part::Option("features"), site.received(text.str(": "), input)).help(help));
        }
        self.features = input.dim(1);
        if self.heads == 0 {
            return Err(Mistake::new(Part::Option("heads"), site.start().str(" has 0 heads; it must have at least 1")));
        }
        if !self.features.is_multiple_of(self.heads) {
            let text = site.start().str(" cannot split ").count(self.features, "feature").str(" into ").count(self.heads, "equal head");
            let help = Text::new().str("use a number of heads that divides ").num(self.features);
            return Err(Mistake::new(Part::Option("heads"), site.received(text.str(": it receives "), input)).help(help));
        }
        if !(self.dropout >= 0.0 && self.dropout < 1.0) {
            let text = site
                .start()
                .str(" has a `dropout` of ")
                .float(self.dropout)
                .str(", outside 0..1; it is the probability of dropping an attention weight");
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
