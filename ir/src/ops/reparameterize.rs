//! The reparameterization trick.

use super::prelude::*;

operation! {
    /// The reparameterization trick of variational autoencoders (Kingma and Welling, 2014, arXiv 1312.6114, section 2.4). In training, samples
    /// `mean + exp(logvar / 2) * noise` with standard normal noise, and both inputs get gradients; at inference, returns the mean. The current tensor is
    /// the mean, the tag is the log-variance. Any shape, the same for both.
    pub struct Reparameterize("Reparameterize"): Join {}
    has(infer_all, draws)
    inputs: Inputs::Alike,
    two: "`Reparameterize` takes two tensors, the current one as mean and the log-variance",
    example: "Reparameterize(logvar)",
}

impl Reparameterize {
    pub(crate) const fn infer_all(self, inputs: &[Shape], site: &Site) -> Result<(Self, Shape), Mistake> {
        if inputs.len() != 2 {
            let text = site.start().str(" expects a mean and a log-variance, but receives ").num(inputs.len());
            return Err(Mistake::new(Part::Layer, text));
        }
        match alike::equal(
            "expects a mean and a log-variance of one shape, but receives",
            "there is one log-variance per mean",
            inputs,
            site,
        ) {
            Ok(output) => Ok((self, output)),
            Err(mistake) => Err(mistake),
        }
    }

    pub(crate) const fn draws(&self) -> bool {
        true
    }
}
