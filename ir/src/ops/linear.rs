//! Linear (fully connected) layer.

use super::prelude::*;

operation! {
    /// `y = x W^T + b` over the last axis, PyTorch's `Linear`. Input `[in]`, or with axes before it: `[length, in]` becomes
    /// `[length, out]`. Behind more than one such axis, `in` must be stated, since an image rather lacks its `Flatten`. With `drop_connect = p` it is a `DropConnect`. With `weight = layer` its
    /// weight is that of an earlier layer, of any kind: `Linear(65, bias = false, weight = embedding)`.
    pub struct Linear("Linear"): Linear {
        /// Input features; [`INFER`] for those of the input.
        in_features: usize = Choice::input() => INFER,
        /// Output features.
        out_features: usize = Choice::output(),
        /// Whether to add a bias.
        bias: bool = Choice::bias(),
    }
    has(infer, params, multiply_adds, uses)
    torch: &["in_features", "out_features", "bias", "device: -", "dtype: -"],
    others: &["dense", "fc", "fullyconnected", "affine", "innerproduct", "unbiasedlinear", "lazylinear"],
    outline: Outline::Last("out_features"),
    module: Some(Module::new("Linear", Axes::Of(&[(0, 1), (0, 0)])).switch("bias")),
    example: "Linear(120)",
    sample: "[7]",
    sequence: Sequence::OfTwoAxes,
}

impl Linear {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let features = input.dim(input.rank().saturating_sub(1));
        // An image rather lacks its `Flatten`; who states the size of the last axis means that axis.
        if input.rank() == 0 || (input.rank() > 2 && self.in_features != features) {
            let text = site.received(site.start().str(" expects [features] or [length, features], but receives "), input);
            let help = Text::new().str("put `Flatten` before it");
            let help =
                if self.in_features == INFER { help.str("; to map the last axis alone, state its size, ").num(features) } else { help };
            return Err(Mistake::new(Part::Layer, text).help(help));
        }
        if self.in_features == INFER {
            self.in_features = features;
        } else if self.in_features != features {
            let text = site.start().str(" expects ").count(self.in_features, "input feature").str(", but receives ").num(features);
            let text = match &site.flattened {
                Some(image) => text.str(": ").shape(image).str(" flattened by ").name(site.source),
                None if input.rank() == 2 => site.received(text.str(": "), input),
                None => site.from(text.str(" ")),
            };
            return Err(Mistake::new(Part::In, text).help(channels::infer(features)));
        }
        if self.out_features == 0 {
            return Err(Mistake::new(Part::Out, site.start().str(" has 0 output features; it must have at least 1")));
        }
        if self.in_features == 0 {
            return Err(Mistake::new(Part::In, site.start().str(" has 0 input features; it must have at least 1")));
        }
        let output = input.with_dim(input.rank() - 1, self.out_features);
        Ok((self, output))
    }

    pub(crate) const fn params(&self) -> Params {
        let params = Params::NONE.trained("weight", &[self.out_features, self.in_features]);
        if self.bias { params.trained("bias", &[self.out_features]) } else { params }
    }

    pub(crate) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        (input.len() as u64).saturating_mul(self.out_features as u64)
    }

    /// Once per step of a sequence, as torchinfo counts `Linear` since its pull request 318.
    pub(crate) const fn uses(&self, output: &Shape) -> usize {
        output.len() / output.dim(output.rank() - 1)
    }

    pub(crate) fn initial(&self, _: &str) -> Initial {
        Initial::Uniform { fan_in: self.in_features }
    }
}
