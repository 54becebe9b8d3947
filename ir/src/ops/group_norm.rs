//! Group normalization.

use super::prelude::*;

operation! {
    /// Normalizes each group of channels of each sample, PyTorch's `GroupNorm` (Wu and He, 2018, arXiv 1803.08494). Weight and bias are per channel.
    /// Input and output `[channels, ..]`.
    pub struct GroupNorm("GroupNorm"): Normalization {
        /// Number of groups, which must divide the channels.
        groups: usize = Choice::required().first().label(Label::Counted("group")) => 1,
        /// Number of channels; [`INFER`] for that of the input.
        channels: usize = Choice::infer() => INFER,
        /// Added to the variance.
        eps: f64 = Choice::float(1e-5).label(Label::Hidden) => 0.0,
        /// Whether to learn a weight and a bias.
        affine: bool = Choice::switch(true, "not affine"),
    }
    has(infer, params, label)
    torch: &["num_groups: groups", "num_channels: channels", "eps", "affine"],
    module: Some(Module::new("Affine", Axes::Shape("shape")).switch("affine")),
    example: "GroupNorm(2)",
}

impl GroupNorm {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        let found = input.dim(0);
        if found == 0 {
            return Err(Mistake::new(Part::Layer, site.received(site.start().str(" expects [channels, ..], but receives "), input)));
        }
        if self.channels != INFER && self.channels != found {
            return Err(
                Mistake::new(Part::Option("channels"), normalization::stated(self.channels, input, site)).help(normalization::infer(found))
            );
        }
        self.channels = found;
        if self.groups == 0 {
            return Err(Mistake::new(Part::Option("groups"), site.start().str(" has 0 groups; it must have at least 1")));
        }
        if !found.is_multiple_of(self.groups) {
            let text = site.start().str(" cannot split its ").count(found, "channel").str(" into ").num(self.groups).str(" equal groups");
            return Err(Mistake::new(Part::Option("groups"), text));
        }
        if let Some(mistake) = normalization::check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(crate) const fn params(&self) -> Params {
        normalization::affine_params(self.channels, self.affine)
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        normalization::initial(tensor)
    }

    pub(crate) fn label(&self, _: &Shape) -> String {
        let affine = if self.affine { "" } else { ", not affine" };
        format!("{}, {} group{}{affine}", self.channels, self.groups, if self.groups == 1 { "" } else { "s" })
    }
}
