//! A variational autoencoder whose decoder is a Gaussian.
//!
//! D. Kingma, M. Welling: *Auto-Encoding Variational Bayes*, ICLR 2014, appendix C.2: the decoder returns a mean and a log variance for each pixel, and an image is a sample
//! from them. The likelihood of a pixel that is always black has no bound, so the deviation is at least 0.05.
//!
//! | | shape |
//! |---|---|
//! | image | `[1, 28, 28]` |
//! | hidden | `[500]`, `[500]` |
//! | mean, logvar of the latent vector | `[10]` each |
//! | hidden | `[500]`, `[500]` |
//! | mean, logvar of the pixels | `[1, 28, 28]` each |

use layercake::prelude::*;

use super::digit_vae::MlpEncoder;

/// The least log variance of a pixel: that of a deviation of 0.05.
pub const LEAST_LOG_VARIANCE: f64 = -5.991_464_547_107_982;

network! {
    /// A latent vector to the mean of each pixel, in 0..1, and its log variance.
    pub GaussianDecoder: [10] -> { mean: [1, 28, 28], logvar: [1, 28, 28] } {
        fc1: Linear(500), ReLU, fc2: Linear(500), ReLU as hidden,
        mean: Linear(784), Sigmoid, Reshape(1, 28, 28), output mean,
        from hidden, logvar: Linear(784), Softplus, Rescaling(offset = LEAST_LOG_VARIANCE), Reshape(1, 28, 28), output logvar,
    }

    /// The encoder's and the decoder's Gaussians, 10 latent dimensions.
    pub GaussianVae: [1, 28, 28] -> { image: [1, 28, 28], image_logvar: [1, 28, 28], mean: [10], logvar: [10] } {
        encoder: MlpEncoder<10> as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: GaussianDecoder as (image, image_logvar),
        from image, output image,
        from image_logvar, output image_logvar,
        from mean, output mean,
        from logvar, output logvar,
    }
}

const _: () = assert!(GaussianVae::PARAMS == 785 * 500 + 2 * 501 * 500 + 2 * 501 * 10 + 11 * 500 + 2 * 501 * 784);
