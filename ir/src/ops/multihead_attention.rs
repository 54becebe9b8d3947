//! Multi-head attention.

use super::prelude::*;

operation! {
    /// Multi-head attention, PyTorch's `MultiheadAttention` (Vaswani et al., 2017, arXiv 1706.03762): `q = W_q x + b_q`, `k = W_k key + b_k` and
    /// `v = W_v value + b_v` are split into `heads`; each head computes `softmax(q k^T / sqrt(features / heads) + mask) v`, and `W_out` and `b_out` project
    /// the concatenated heads. Input and output `[length, features]`. It attends to its own input; with `key = memory` to the steps of the tag `memory`,
    /// `[steps, features]`, whose values may come from another tag, `value = other`. `mask = allowed` adds `[length, steps]` to the scores: 0 where a step
    /// may look, a large negative number or negative infinity where it may not. With `causal`, a step attends only to itself and earlier steps. In
    /// training, dropout is applied to the softmax.
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
        /// Whether the second input has the keys.
        key: bool = Choice::given(),
        /// Whether the input after it has the values; otherwise the keys' input has them.
        value: bool = Choice::given(),
        /// Whether the last input is a mask.
        mask: bool = Choice::given(),
    }
    has(infer_all, params, multiply_adds_all, uses, draws)
    torch: &["embed_dim: features", "num_heads: heads", "dropout", "bias", "add_bias_kv: -", "add_zero_attn: -", "kdim: -", "vdim: -", "batch_first: -"],
    by_place: 2,
    others: &["attention", "selfattention", "multihead", "mha", "causalselfattention", "crossattention"],
    inputs: Inputs::Named(&["key", "value", "mask"]),
    module: Some(Module::new("MultiheadAttention", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    example: "MultiheadAttention(4, causal = true)",
    sample: "[9, 8]",
    sequence: Sequence::Always,
}

impl MultiheadAttention {
    pub(crate) const fn infer_all(mut self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        let wanted = 1 + self.key as usize + self.value as usize + self.mask as usize;
        if inputs.len() != wanted {
            let text = site.start().str(" expects ").count(wanted, "input").str(", but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        let input = &inputs[0];
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
        if self.value && !self.key {
            let text = site.start().str(" is given values without their keys");
            let help = Text::new().str("write `key` too, the tag whose steps are compared with the input");
            return Err(Mistake::new(Part::Branch(1), text).help(help));
        }
        let mut i = 1;
        while i < inputs.len() {
            if let Some(mistake) = self.other(inputs, i, site) {
                return Err(mistake);
            }
            i += 1;
        }
        let steps = self.steps(inputs);
        if self.causal && steps != input.dim(0) {
            let text = site.start().str(" is causal, but has ").count(input.dim(0), "step").str(" and looks at ").num(steps);
            return Err(Mistake::new(Part::Option("causal"), text.str("; which of them are earlier is not defined")));
        }
        Ok((self, *input))
    }

    /// The number of steps that are looked at.
    const fn steps(&self, inputs: &[Shape]) -> usize {
        inputs[if self.key { 1 } else { 0 }].dim(0)
    }

    /// Checks an input after the first; those before it fit.
    const fn other(&self, inputs: &[Shape], i: usize, site: &Site) -> Option<Mistake> {
        let (input, found, steps) = (&inputs[0], &inputs[i], self.steps(inputs));
        let (what, wanted) = if self.mask && i + 1 == inputs.len() {
            ("a mask", Shape::new(&[input.dim(0), steps]))
        } else if i == 1 {
            ("keys", Shape::new(&[steps, self.features]))
        } else {
            ("values", Shape::new(&[steps, self.features]))
        };
        if found.same(&wanted) {
            return None;
        }
        let text = site.start().str(" expects ").str(what).str(" ").shape(&wanted).str(", but receives ").shape(found).str(" ");
        let mistake = Mistake::new(Part::Branch(i), site.from_nth(text, i));
        if self.mask && i + 1 == inputs.len() {
            return Some(mistake.help(Text::new().str("a mask has a row for each step and a column for each step that it looks at")));
        }
        if found.rank() == 2 && found.dim(1) != self.features {
            let help = Text::new().str("a `Linear` behind it gives it ").num(self.features).str(" features, as many as the input has");
            return Some(mistake.help(help));
        }
        Some(mistake)
    }

    pub(crate) const fn params(&self) -> Params {
        let (n, all) = (self.features, self.features.saturating_mul(3));
        if !self.bias {
            return Params::NONE.trained("in_proj_weight", &[all, n]).trained("out_proj.weight", &[n, n]);
        }
        let params = Params::NONE.trained("in_proj_weight", &[all, n]).trained("in_proj_bias", &[all]);
        params.trained("out_proj.weight", &[n, n]).trained("out_proj.bias", &[n])
    }

    pub(crate) const fn multiply_adds_all(&self, inputs: &[Shape], _output: &Shape) -> u64 {
        let (length, steps, n) = (inputs[0].dim(0) as u64, self.steps(inputs) as u64, self.features as u64);
        // Queries and the output for each step, keys and values for each that is looked at.
        let projections = length.saturating_add(steps).saturating_mul(2).saturating_mul(n.saturating_mul(n));
        let products = length.saturating_mul(steps).saturating_mul(n).saturating_mul(2);
        projections.saturating_add(products)
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
