//! Batch normalization of features.

use super::prelude::*;

operation! {
    /// Normalizes each feature over the batch (and the length): `(x - mean) / sqrt(var + eps) * weight + bias`, PyTorch's `BatchNorm1d` (Ioffe
    /// and Szegedy, 2015, arXiv 1502.03167). Input and output `[features]` or `[channels, length]`.
    ///
    /// Training uses the statistics of the batch and updates the running statistics: `running = (1 - momentum) running + momentum batch`, with the
    /// unbiased variance (`n - 1`). Inference uses the running statistics.
    pub struct BatchNorm1d("BatchNorm1d"): Normalization {
        /// Number of features; [`INFER`] for that of the input.
        features: usize = Choice::input().label(Label::Plain) => INFER,
        /// Added to the variance.
        eps: f64 = Choice::float(1e-5).label(Label::Hidden) => 0.0,
        /// Weight of the new batch in the running statistics.
        momentum: f64 = Choice::float(0.1).label(Label::Hidden) => 0.1,
        /// Whether to learn a weight and a bias.
        affine: bool = Choice::switch(true, "not affine"),
    }
    has(infer, params)
    torch: &["num_features: features", "eps", "momentum", "affine", "track_running_stats: -"],
    others: &["lazybatchnorm1d"],
    module: Some(Module::new("BatchNorm", Axes::Of(&[(0, 0)])).switch("affine")),
    example: "BatchNorm1d",
    sample: "[7]",
    needs_variance: true,
}

impl BatchNorm1d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if input.rank() != 1 && input.rank() != 2 {
            let text = site.received(site.start().str(" expects [features] or [channels, length], but receives "), input);
            return Err(Mistake::new(Part::Layer, text).help(Text::new().str("use `BatchNorm2d` for images")));
        }
        match normalization::batch(self.features, self.eps, self.momentum, input, site) {
            Ok(features) => {
                self.features = features;
                Ok((self, *input))
            }
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        normalization::batch_params(self.features, self.affine)
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        normalization::initial(tensor)
    }
}
