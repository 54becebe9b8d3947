//! A single linear layer from pixels to logits: each class has a template, and the logit is its inner product with the image.
//!
//! With hinge loss it is a linear support vector machine (J. Weston, C. Watkins: *Multi-class Support Vector Machines*, 1998), with cross entropy
//! multinomial logistic regression, "softmax".

use layercake::prelude::*;

network! {
    /// 28x28 gray images to logits of ten classes.
    pub LinearGray: [1, 28, 28] -> [10] { Flatten, fc: Linear(784, 10) }

    /// 32x32 color images to logits of ten classes.
    pub LinearColor: [3, 32, 32] -> [10] { Flatten, fc: Linear(3072, 10) }

    /// Histograms of oriented gradients of 28x28 gray images to logits of ten classes.
    pub LinearGradientsGray: [144, 1, 1] -> [10] { Flatten, fc: Linear(144, 10) }

    /// Histograms of oriented gradients of 32x32 color images to logits of ten classes.
    pub LinearGradients: [324, 1, 1] -> [10] { Flatten, fc: Linear(324, 10) }

    /// Histograms of hues of color images to logits of ten classes.
    pub LinearHues: [10, 1, 1] -> [10] { Flatten, fc: Linear(10, 10) }

    /// Both.
    pub LinearGradientsAndHues: [334, 1, 1] -> [10] { Flatten, fc: Linear(334, 10) }
}
