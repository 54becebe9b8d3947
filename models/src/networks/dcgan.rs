//! A deep convolutional generative adversarial network.
//!
//! A. Radford, L. Metz, S. Chintala: *Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks*, ICLR 2016, section 3 and figure 1,
//! reduced from 64x64 color to 28x28 gray: two strided convolutions on each side instead of four, kernels of 4x4 as in PyTorch's tutorial, which tile evenly, and fewer
//! channels. As there: no pooling, batch normalization but for the generator's output and the discriminator's input, ReLU and Tanh in the generator, LeakyReLU
//! of slope 0.2 in the discriminator, initial weights of deviation 0.02.
//!
//! | generator | shape | discriminator | shape |
//! |---|---|---|---|
//! | noise | `[100]` | image, pixels in -1..1 | `[1, 28, 28]` |
//! | fc | `[128, 7, 7]` | conv1 | `[32, 14, 14]` |
//! | conv1 | `[64, 14, 14]` | conv2 | `[64, 7, 7]` |
//! | conv2, pixels in -1..1 | `[1, 28, 28]` | fc, the logit of "real" | `[1]` |

use layercake::prelude::*;

network! {
    /// The generator: noise to pixels in -1..1.
    pub DcganGenerator: [100] -> [1, 28, 28] {
        fc: Linear(6272, bias = false, init = normal(0.02)), Reshape(128, 7, 7), bn1: BatchNorm2d, ReLU,
        conv1: ConvTranspose2d(64, kernel = 4, stride = 2, padding = 1, bias = false, init = normal(0.02)), bn2: BatchNorm2d, ReLU,
        conv2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1, init = normal(0.02)), Tanh,
    }

    /// The discriminator: pixels in -1..1 to the logit of the probability that the image is real.
    pub DcganDiscriminator: [1, 28, 28] -> [1] {
        conv1: Conv2d(32, kernel = 4, stride = 2, padding = 1, init = normal(0.02)), LeakyReLU(negative_slope = 0.2),
        conv2: Conv2d(64, kernel = 4, stride = 2, padding = 1, bias = false, init = normal(0.02)), bn: BatchNorm2d,
        LeakyReLU(negative_slope = 0.2),
        Flatten, fc: Linear(1, init = normal(0.02)),
    }

    /// Both: noise to an image, and what the discriminator says of it. In training the two are called separately.
    pub Dcgan: [100] -> { image: [1, 28, 28], real: [1] } {
        generator: DcganGenerator as image, output image,
        from image, discriminator: DcganDiscriminator, output real,
    }

    #[cfg(test)]
    SmallDcganGenerator: [4] -> [1, 8, 12] {
        fc: Linear(18, bias = false), Reshape(3, 2, 3), bn1: BatchNorm2d, ReLU,
        conv1: ConvTranspose2d(2, kernel = 4, stride = 2, padding = 1, bias = false), bn2: BatchNorm2d, ReLU,
        conv2: ConvTranspose2d(1, kernel = 4, stride = 2, padding = 1), Tanh,
    }

    #[cfg(test)]
    SmallDcganDiscriminator: [1, 8, 12] -> [1] {
        conv1: Conv2d(2, kernel = 4, stride = 2, padding = 1), LeakyReLU(negative_slope = 0.2),
        conv2: Conv2d(3, kernel = 4, stride = 2, padding = 1, bias = false), bn: BatchNorm2d, LeakyReLU(negative_slope = 0.2),
        Flatten, fc: Linear(1),
    }

    #[cfg(test)]
    pub(super) SmallDcgan: [4] -> { image: [1, 8, 12], real: [1] } {
        generator: SmallDcganGenerator as image, output image,
        from image, discriminator: SmallDcganDiscriminator, output real,
    }
}

const _: () =
    assert!(Dcgan::PARAMS == 100 * 6272 + 2 * 128 + 128 * 64 * 16 + 2 * 64 + 64 * 16 + 1 + 32 * 16 + 32 + 32 * 64 * 16 + 2 * 64 + 3136 + 1);
