//! Layer normalization.

use super::prelude::*;

operation! {
    /// Normalizes each sample over its last axes: `(x - mean) / sqrt(var + eps) * weight + bias`, PyTorch's `LayerNorm` (Ba et al., 2016, arXiv
    /// 1607.06450). Any shape that ends in `shape`, which is the shape of weight and bias.
    pub struct LayerNorm("LayerNorm"): Normalization {
        /// The sizes to normalize over: the last ones of the input. By default the features of `[features]` or `[length, features]`.
        shape: Sizes = Choice::infer().first(),
        /// Added to the variance.
        eps: f64 = Choice::float(1e-5).label(Label::Hidden) => 0.0,
        /// Whether to learn a weight and a bias.
        affine: bool = Choice::switch(true, "not affine"),
    }
    has(infer, params)
    torch: &["normalized_shape: shape", "eps", "elementwise_affine: affine", "bias: -"],
    others: &["layernormalization"],
    module: Some(Module::new("Affine", Axes::Shape("shape")).switch("affine")),
    example: "LayerNorm",
    sample: "[7]",
}

impl LayerNorm {
    pub(crate) const fn infer(mut self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        match normalization::last_sizes(self.shape, input, site) {
            Ok(shape) => self.shape = shape,
            Err(mistake) => return Err(mistake),
        }
        if let Some(mistake) = normalization::check_eps(self.eps, site) {
            return Err(mistake);
        }
        Ok((self, *input))
    }

    pub(crate) const fn params(&self) -> Params {
        if !self.affine {
            return Params::NONE;
        }
        Params::NONE.trained("weight", self.shape.as_slice()).trained("bias", self.shape.as_slice())
    }

    pub(crate) fn initial(&self, tensor: &str) -> Initial {
        normalization::initial(tensor)
    }
}
