//! A variational autoencoder.
//!
//! D. Kingma, M. Welling: *Auto-Encoding Variational Bayes*, ICLR 2014, appendix C: the encoder returns mean and log variance of a normal
//! distribution for each image, the decoder an image for a sample from it. Widths and names of the layers are those of PyTorch's
//! example `vae` (400 hidden units, 20 latent dimensions), with ReLU instead of the paper's tanh as there.
//!
//! | | shape |
//! |---|---|
//! | image | `[1, 28, 28]` |
//! | hidden | `[400]` |
//! | mean, logvar | `[20]` each |
//! | hidden | `[400]` |
//! | image | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    /// The encoder of a variational autoencoder (Kingma and Welling, 2014): an image to mean and log variance.
    pub VaeEncoder: [1, 28, 28] -> { mean: [20], logvar: [20] } {
        Flatten,
        fc1: Linear(400), ReLU as hidden,
        fc21: Linear(20), output mean,
        from hidden, fc22: Linear(20), output logvar,
    }

    /// The decoder of a variational autoencoder (Kingma and Welling, 2014): a latent vector to an image with pixels in 0..1.
    pub VaeDecoder: [20] -> [1, 28, 28] { fc3: Linear(400), ReLU, fc4: Linear(784), Sigmoid, Reshape(1, 28, 28) }

    /// Encoder and decoder, with the mean as latent vector: the reconstruction of an image. In training the latent vector is sampled, so the two
    /// networks are called separately.
    pub Vae: [1, 28, 28] -> { image: [1, 28, 28], mean: [20], logvar: [20] } {
        encoder: VaeEncoder as (mean, logvar),
        decoder: VaeDecoder, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    #[cfg(test)]
    pub(super) SmallVaeEncoder: [1, 5, 4] -> { mean: [3], logvar: [3] } {
        Flatten,
        fc1: Linear(9), ReLU as hidden,
        fc21: Linear(3), output mean,
        from hidden, fc22: Linear(3), output logvar,
    }

    #[cfg(test)]
    pub(super) SmallVaeDecoder: [3] -> [1, 5, 4] { fc3: Linear(9), ReLU, fc4: Linear(20), Sigmoid, Reshape(1, 5, 4) }

    #[cfg(test)]
    pub(super) SmallVae: [1, 5, 4] -> { image: [1, 5, 4], mean: [3], logvar: [3] } {
        encoder: SmallVaeEncoder as (mean, logvar),
        decoder: SmallVaeDecoder, output image,
        from mean, output mean,
        from logvar, output logvar,
    }
}

const _: () = assert!(Vae::PARAMS == 652_824);
