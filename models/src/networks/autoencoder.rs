//! An autoencoder, and a classifier on its encoder.
//!
//! G. Hinton, R. Salakhutdinov: *Reducing the Dimensionality of Data with Neural Networks*, Science 313, 2006, with ReLU, trained as a whole and to take noise away
//! (P. Vincent et al.: *Extracting and Composing Robust Features with Denoising Autoencoders*, ICML 2008); what its encoder has learned without labels is where a classifier with few
//! labels begins.
//!
//! | | shape |
//! |---|---|
//! | image | `[1, 28, 28]` |
//! | hidden, twice | `[256]` |
//! | code | `[64]` |
//! | hidden | `[256]` |
//! | image | `[1, 28, 28]` |

use layercake::prelude::*;

network! {
    /// An image to its code.
    pub CodeEncoder: [1, 28, 28] -> [64] { Flatten, fc1: Linear(256), ReLU, fc2: Linear(256), ReLU, fc3: Linear(64), ReLU }

    /// A code to an image.
    pub CodeDecoder: [64] -> [1, 28, 28] { fc1: Linear(256), ReLU, fc2: Linear(784), Reshape(1, 28, 28) }

    /// An image to itself, by way of its code.
    pub Autoencoder: [1, 28, 28] -> [1, 28, 28] { encoder: CodeEncoder, decoder: CodeDecoder }

    /// The class of an image, by its code.
    pub CodeClassifier: [1, 28, 28] -> [10] { encoder: CodeEncoder, fc: Linear(10) }
}

const _: () = assert!(Autoencoder::PARAMS == 785 * 256 + 257 * 256 + 257 * 64 + 65 * 256 + 257 * 784);
