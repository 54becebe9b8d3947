//! Batch normalization of channels.

use super::prelude::*;

operation! {
    /// Normalizes each channel over the batch, the height and the width, PyTorch's `BatchNorm2d`. Input and output `[channels, height, width]`.
    /// Statistics and formula are those of [`BatchNorm1d`](super::BatchNorm1d).
    pub struct BatchNorm2d("BatchNorm2d"): Normalization {
        /// Number of channels; [`INFER`] for that of the input.
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
    others: &["lazybatchnorm2d", "syncbatchnorm"],
    module: Some(Module::new("BatchNorm", Axes::Of(&[(0, 0)])).switch("affine")),
    example: "BatchNorm2d",
    needs_variance: true,
}

impl BatchNorm2d {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            let other = input.rank() == 1 || input.rank() == 2;
            return Err(if other { mistake.help(Text::new().str("use `BatchNorm1d` for features")) } else { mistake });
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
