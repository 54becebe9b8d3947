//! Dropout of channels.

use super::prelude::*;

operation! {
    /// Dropout of whole channels, PyTorch's `Dropout2d` (Tompson et al., 2014, arXiv 1411.4280). In training, zeroes each channel of a sample with
    /// probability `p` and scales the others by `1 / (1 - p)`; the identity at inference. Input and output `[channels, height, width]`.
    pub struct Dropout2d("Dropout2d"): Regularization {
        /// Probability of dropping a channel: at least 0, less than 1.
        p: f64 = Choice::float(0.5).first().always() => 0.0,
    }
    has(infer, draws)
    torch: &["p", "inplace: -"],
    others: &["spatialdropout", "spatialdropout2d", "featuredropout"],
    example: "Dropout2d(0.5)",
}

impl Dropout2d {
    pub(crate) const fn infer(self, input: &Shape, site: &Site) -> Result<(Self, Shape), Mistake> {
        if let Some(mistake) = window::image(input, site) {
            return Err(mistake);
        }
        match probability::check(self.p, "a channel", site) {
            Some(mistake) => Err(mistake),
            None => Ok((self, *input)),
        }
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}
