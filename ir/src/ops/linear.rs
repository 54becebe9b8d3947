//! Linear (fully connected) layer.

use super::Params;
use crate::{INFER, Mistake, Part, Shape, Site, Text};

/// `y = x W^T + b` over the last axis. Input `[in]` or `[length, in]`, output `[out]` or `[length, out]`. With `drop_connect = p` it is a
/// `DropConnect`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Linear {
    /// Features in; [`INFER`] takes the input's.
    pub in_features: usize,
    /// Features out.
    pub out_features: usize,
    /// Add a bias?
    pub bias: bool,
}

impl Linear {
    pub(super) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() != 1 && input.rank() != 2 {
            let text = site.received(site.start().str(" works on features [n] or [length, n], but receives "), input);
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("put `Flatten` before it")));
        }
        let features = input.dim(input.rank() - 1);
        if self.in_features == INFER {
            self.in_features = features;
        } else if self.in_features != features {
            let text = site.start().str(" is told to take ").count(self.in_features, "feature").str(", but receives ").num(features);
            let text = match &site.flattened {
                Some(image) => text.str(": ").shape(image).str(" flattened by ").name(site.source),
                None if input.rank() == 2 => site.received(text.str(": "), input),
                None => site.from(text.str(" ")),
            };
            return Err(Mistake::new(Part::In, text).help(super::channels::take(features)));
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

    pub(super) const fn params(&self) -> Params {
        let params = Params::NONE.trained("weight", &[self.out_features, self.in_features]);
        if self.bias { params.trained("bias", &[self.out_features]) } else { params }
    }

    pub(super) const fn without(mut self, part: Part) -> Option<Self> {
        match part {
            Part::In => self.in_features = INFER,
            _ => return None,
        }
        Some(self)
    }

    pub(super) const fn multiply_adds(&self, input: &Shape, _output: &Shape) -> u64 {
        (input.len() as u64).saturating_mul(self.out_features as u64)
    }
}
