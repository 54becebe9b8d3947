//! One layer from pixels to scores: each class has a template of its own, and the score is how well an image agrees with it.
//!
//! With the hinge loss a linear support vector machine (J. Weston, C. Watkins: *Multi-class Support Vector Machines*, 1998), with cross entropy
//! multinomial logistic regression, "softmax".

use layercake::prelude::*;

network! {
    /// Gray images of 28x28 to scores for ten classes.
    pub LinearGray: [1, 28, 28] -> [10] { Flatten, fc: Linear(784 -> 10) }

    /// Color images of 32x32 to scores for ten classes.
    pub LinearColor: [3, 32, 32] -> [10] { Flatten, fc: Linear(3072 -> 10) }
}
