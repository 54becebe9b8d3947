//! Maxout units, trained with dropout.
//!
//! I. Goodfellow et al.: *Maxout Networks*, ICML 2013, section 5.1: two layers of maxout units and a softmax, with dropout before each. A unit is the maximum of its
//! pieces, so it learns its activation function; with dropout the network is a mean of many.

use layercake::prelude::*;

network! {
    /// 28x28 gray images to logits of ten classes.
    pub MaxoutNet: [1, 28, 28] -> [10] {
        Flatten, Dropout(0.1),
        fc1: Maxout(128, pieces = 4), Dropout(0.3),
        fc2: Maxout(128, pieces = 4), Dropout(0.3),
        fc3: Linear(10),
    }
}

const _: () = assert!(MaxoutNet::PARAMS == 785 * 4 * 128 + 129 * 4 * 128 + 129 * 10);
