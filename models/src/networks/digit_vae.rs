//! Variational autoencoders for handwritten digits, of linear layers and of convolutions.
//!
//! D. Kingma, M. Welling: *Auto-Encoding Variational Bayes*, ICLR 2014, appendix C: the encoder returns mean and log variance of a normal
//! distribution, the decoder the logits of the pixels for a sample from it. With two hidden layers with ReLU on each side, or two
//! convolutions with stride 2 and two transposed ones. `Z` is the number of latent dimensions; with 2, the latent space can be drawn.
//!
//! | | linear | convolutions |
//! |---|---|---|
//! | image | `[1, 28, 28]` | `[1, 28, 28]` |
//! | hidden | `[500]`, `[500]` | `[32, 14, 14]`, `[64, 7, 7]` |
//! | mean, logvar | `[Z]` each | `[Z]` each |
//! | hidden | `[500]`, `[500]` | `[64, 7, 7]`, `[32, 14, 14]` |
//! | logits | `[1, 28, 28]` | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    /// The encoder: an image to mean and log variance.
    pub MlpEncoder<const Z: usize>: [1, 28, 28] -> { mean: [Z], logvar: [Z] } {
        Flatten, fc1: Linear(500), ReLU, fc2: Linear(500), ReLU as hidden,
        mean: Linear(Z), output mean,
        from hidden, logvar: Linear(Z), output logvar,
    }

    /// The decoder: a latent vector to the logits of the pixels.
    pub MlpDecoder<const Z: usize>: [Z] -> [1, 28, 28] {
        fc1: Linear(500), ReLU, fc2: Linear(500), ReLU, fc3: Linear(784), Reshape(1, 28, 28),
    }

    /// A variational autoencoder of linear layers (Kingma and Welling, 2014), 20 latent dimensions.
    pub MlpVae: [1, 28, 28] -> { image: [1, 28, 28], mean: [20], logvar: [20] } {
        encoder: MlpEncoder<20> as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: MlpDecoder<20>, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    /// A variational autoencoder of linear layers (Kingma and Welling, 2014), 2 latent dimensions.
    pub MlpVae2: [1, 28, 28] -> { image: [1, 28, 28], mean: [2], logvar: [2] } {
        encoder: MlpEncoder<2> as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: MlpDecoder<2>, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    /// The encoder: an image to mean and log variance.
    pub ConvEncoder<const Z: usize>: [1, 28, 28] -> { mean: [Z], logvar: [Z] } {
        conv1: Conv2d(32, kernel = 3, stride = 2, padding = 1), ReLU,
        conv2: Conv2d(64, kernel = 3, stride = 2, padding = 1), ReLU,
        Flatten as hidden,
        mean: Linear(3136, Z), output mean,
        from hidden, logvar: Linear(3136, Z), output logvar,
    }

    /// The decoder: a latent vector to the logits of the pixels.
    pub ConvDecoder<const Z: usize>: [Z] -> [1, 28, 28] {
        fc: Linear(3136), ReLU, Reshape(64, 7, 7),
        conv1: ConvTranspose2d(32, kernel = 4, stride = 2, padding = 1), ReLU,
        conv2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1),
    }

    /// A variational autoencoder of convolutions, 20 latent dimensions.
    pub ConvVae: [1, 28, 28] -> { image: [1, 28, 28], mean: [20], logvar: [20] } {
        encoder: ConvEncoder<20> as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: ConvDecoder<20>, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    /// A variational autoencoder of convolutions, 2 latent dimensions.
    pub ConvVae2: [1, 28, 28] -> { image: [1, 28, 28], mean: [2], logvar: [2] } {
        encoder: ConvEncoder<2> as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: ConvDecoder<2>, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    #[cfg(test)]
    pub(super) SmallMlpEncoder: [1, 3, 5] -> { mean: [3], logvar: [3] } {
        Flatten, fc1: Linear(7), ReLU, fc2: Linear(7), ReLU as hidden,
        mean: Linear(3), output mean,
        from hidden, logvar: Linear(3), output logvar,
    }

    #[cfg(test)]
    pub(super) SmallMlpDecoder: [3] -> [1, 3, 5] {
        fc1: Linear(7), ReLU, fc2: Linear(7), ReLU, fc3: Linear(15), Reshape(1, 3, 5),
    }

    #[cfg(test)]
    pub(super) SmallMlpVae: [1, 3, 5] -> { image: [1, 3, 5], mean: [3], logvar: [3] } {
        encoder: SmallMlpEncoder as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: SmallMlpDecoder, output image,
        from mean, output mean,
        from logvar, output logvar,
    }

    #[cfg(test)]
    pub(super) SmallConvEncoder: [1, 8, 12] -> { mean: [2], logvar: [2] } {
        conv1: Conv2d(2, kernel = 3, stride = 2, padding = 1), ReLU,
        conv2: Conv2d(3, kernel = 3, stride = 2, padding = 1), ReLU,
        Flatten as hidden,
        mean: Linear(18, 2), output mean,
        from hidden, logvar: Linear(18, 2), output logvar,
    }

    #[cfg(test)]
    pub(super) SmallConvDecoder: [2] -> [1, 8, 12] {
        fc: Linear(18), ReLU, Reshape(3, 2, 3),
        conv1: ConvTranspose2d(2, kernel = 4, stride = 2, padding = 1), ReLU,
        conv2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1),
    }

    #[cfg(test)]
    pub(super) SmallConvVae: [1, 8, 12] -> { image: [1, 8, 12], mean: [2], logvar: [2] } {
        encoder: SmallConvEncoder as (mean, logvar),
        from mean, Reparameterize(logvar),
        decoder: SmallConvDecoder, output image,
        from mean, output mean,
        from logvar, output logvar,
    }
}

const _: () = assert!(ConvVae::PARAMS == 243_465);
