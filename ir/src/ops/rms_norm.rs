//! RMS normalization.

use super::prelude::*;

operation! {
    /// Divides each sample by its root mean square over the last axes: `x / sqrt(mean(x^2) + eps) * weight`, PyTorch's `RMSNorm` (Zhang and Sennrich,
    /// 2019, arXiv 1910.07467). Any shape that ends in `shape`, which is the shape of the weight. The default `eps` is the machine epsilon of float32.
    pub struct RmsNorm("RMSNorm"): Normalization {
        /// The sizes to normalize over: the last ones of the input. By default the features of `[features]` or `[length, features]`.
        shape: Sizes = Choice::infer().first(),
        /// Added to the mean of the squares.
        eps: f64 = Choice::float(1.1920928955078125e-7).label(Label::Hidden) => 0.0,
        /// Whether to learn a weight.
        affine: bool = Choice::switch(true, "not affine"),
    }
    has(infer, params)
    torch: &["normalized_shape: shape", "eps", "elementwise_affine: affine"],
    others: &["rootmeansquarelayernorm"],
    module: Some(Module::new("Scale", Axes::Shape("shape")).switch("affine")),
    example: "RMSNorm",
    sample: "[7]",
}

impl RmsNorm {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match normalization::last_sizes(self.shape, input, site) {
            Ok(shape) => self.shape = shape,
            Err(mistake) => return Err(mistake),
        }
        match normalization::check_eps(self.eps, site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(crate) const fn params(&self) -> Params {
        if self.affine { Params::NONE.trained("weight", self.shape.as_slice()) } else { Params::NONE }
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        normalization::initial(tensor)
    }
}
