//! An autoencoder, and a classifier on its encoder.
//!
//! G. Hinton, R. Salakhutdinov: *Reducing the Dimensionality of Data with Neural Networks*, Science 2006: the code is all that the decoder has of an image. That an encoder that was
//! trained without labels is a good beginning for a classifier: Y. Bengio et al., *Greedy Layer-Wise Training of Deep Networks*, NeurIPS 2006. Here all layers are trained at
//! once, with ReLU.

use layercake::prelude::*;

network! {
    /// An image to its code.
    pub DigitEncoder: [1, 28, 28] -> [64] { Flatten, fc1: Linear(512), ReLU, fc2: Linear(64) }

    /// A code to an image.
    pub DigitDecoder: [64] -> [1, 28, 28] { fc1: Linear(512), ReLU, fc2: Linear(784), Reshape(1, 28, 28) }

    /// Both: an image to its reconstruction.
    pub DigitAutoencoder: [1, 28, 28] -> [1, 28, 28] { encoder: DigitEncoder, decoder: DigitDecoder }

    /// The encoder with a linear classifier of its code.
    pub EncoderClassifier: [1, 28, 28] -> [10] { encoder: DigitEncoder, ReLU, fc: Linear(10) }
}

const _: () = assert!(DigitAutoencoder::PARAMS == 785 * 512 + 513 * 64 + 65 * 512 + 513 * 784);
