//! Instance normalization.

use super::prelude::*;

operation! {
    /// Normalizes each channel of each sample over height and width, PyTorch's `InstanceNorm2d` (Ulyanov et al., 2016, arXiv 1607.08022). Input and
    /// output `[channels, height, width]`.
    pub struct InstanceNorm2d("InstanceNorm2d"): Normalization {
        /// Number of channels; [`INFER`] for that of the input.
        features: usize = Choice::input().label(Label::Plain) => INFER,
        /// Added to the variance.
        eps: f64 = Choice::float(1e-5).label(Label::Hidden) => 0.0,
        /// Whether to learn a weight and a bias.
        affine: bool = Choice::switch(false, "affine"),
    }
    has(infer, params)
    torch: &["num_features: features", "eps", "momentum: -", "affine", "track_running_stats: -"],
    module: Some(Module::new("Affine", Axes::Shape("shape")).switch("affine")),
    example: "InstanceNorm2d(affine = true)",
}

impl InstanceNorm2d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        let found = input.dim(0);
        if self.features != INFER && self.features != found {
            return Err(Mistake::new(Part::In, normalization::stated(self.features, input, site)).help(normalization::infer(found)));
        }
        self.features = found;
        if input.dim(1) * input.dim(2) == 1 {
            let text = site.start().str(" needs more than one pixel per channel, but receives ");
            return Err(Mistake::new(Part::Layer, site.received(text, input)));
        }
        if let Some(mistake) = normalization::check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(crate) const fn params(&self) -> Params {
        normalization::affine_params(self.features, self.affine)
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        normalization::initial(tensor)
    }
}
