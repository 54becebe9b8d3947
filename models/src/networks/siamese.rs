//! A Siamese network.
//!
//! G. Koch, R. Zemel, R. Salakhutdinov: *Siamese Neural Networks for One-shot Image Recognition*, ICML workshop 2015, figure 4: a shared
//! tower embeds two images of characters; the weighted distance of the embeddings tells whether they show the same one. The idea is from J.
//! Bromley et al., *Signature Verification using a "Siamese" Time Delay Neural Network*, 1993.
//!
//! | of each image | shape |
//! |---|---|
//! | image | `[1, 105, 105]` |
//! | 10x10, pooling | `[64, 48, 48]` |
//! | 7x7, pooling | `[128, 21, 21]` |
//! | 4x4, pooling | `[128, 9, 9]` |
//! | 4x4 | `[256, 6, 6]` |
//! | features | `[4096]` |

use layercake::prelude::*;

network! {
    block tower(c1, c2, c3, features, k1 = 10, k2 = 7, k3 = 4) {
        conv1: Conv2d(c1, kernel = k1), ReLU, MaxPool2d(2),
        conv2: Conv2d(c2, kernel = k2), ReLU, MaxPool2d(2),
        conv3: Conv2d(c2, kernel = k3), ReLU, MaxPool2d(2),
        conv4: Conv2d(c3, kernel = k3), ReLU, Flatten,
        fc: Linear(features), Sigmoid,
    }

    /// A Siamese network (Koch et al., 2015): two gray images to the logit that they show the same character.
    pub Siamese: { left: [1, 105, 105], right: [1, 105, 105] } -> [1] {
        from left, tower: tower(64, 128, 256, 4096) as a,
        from right, reuse tower as b,
        // |a - b|
        Maximum { { from a, Sub(b) }, { from b, Sub(a) } },
        same: Linear(1),
    }

    /// The same with a few channels and small kernels.
    #[cfg(test)]
    pub(super) SmallSiamese: { left: [1, 26, 27], right: [1, 26, 27] } -> [1] {
        from left, tower: tower(2, 3, 4, 6, k1 = 3, k2 = 3, k3 = 2) as a,
        from right, reuse tower as b,
        Maximum { { from a, Sub(b) }, { from b, Sub(a) } },
        same: Linear(1),
    }
}

// Shared weights count once.
const _: () = assert!(Siamese::PARAMS == 38_951_745);
