//! Numbers drawn from Gaussians.

use super::prelude::*;

operation! {
    /// While training, a number drawn from each Gaussian: `mean + exp(logvar / 2) noise`, of which both the mean and the logarithm of the
    /// variance get gradients; at inference the mean. The current tensor is the mean, `logvar` the logarithm of the variance, of the same
    /// shape, any (Kingma and Welling, 2014, arXiv 1312.6114, section 2.4).
    pub struct Reparameterize("Reparameterize"): Join {}
    has(infer_all, draws)
    inputs: Inputs::Alike,
    example: "Reparameterize(logvar)",
}

impl Reparameterize {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if inputs.len() != 2 {
            let text = site.start().str(" draws from a mean and its log-variance, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        match alike::check("draws numbers by mean and log-variance, here", "each mean has one log-variance", inputs, site) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}
