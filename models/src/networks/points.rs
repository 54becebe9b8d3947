//! Small networks whose functions can be drawn: classes of points in a plane, and curves.
//!
//! What a hidden layer adds is in their pictures. G. Montufar et al.: *On the Number of Linear Regions of Deep Neural Networks*, NeurIPS 2014, counts the parts of the plane
//! in which such a network is linear.

use layercake::prelude::*;

network! {
    /// Logistic regression of two classes: the boundary is a line.
    pub MoonsLogistic: [2] -> [2] { fc: Linear(2) }

    /// One hidden layer.
    pub MoonsShallow<const W: usize>: [2] -> [2] { fc1: Linear(W), ReLU, fc2: Linear(2) }

    /// Two hidden layers of 20 units.
    pub Moons: [2] -> [2] { fc1: Linear(20), ReLU, fc2: Linear(20), ReLU, fc3: Linear(2) }

    /// Five hidden layers of 1,000 units.
    pub MoonsLarge: [2] -> [2] {
        fc1: Linear(1000), ReLU,
        fc2: Linear(1000), ReLU,
        fc3: Linear(1000), ReLU,
        fc4: Linear(1000), ReLU,
        fc5: Linear(1000), ReLU,
        fc6: Linear(2),
    }

    /// A line.
    pub CurveLine: [1] -> [1] { fc: Linear(1) }

    /// One hidden layer: as many kinks as units.
    pub CurveShallow<const W: usize>: [1] -> [1] { fc1: Linear(W), ReLU, fc2: Linear(1) }

    /// Hidden layers of 4 and 8 units.
    pub CurveDeep: [1] -> [1] { fc1: Linear(4), ReLU, fc2: Linear(8), ReLU, fc3: Linear(1) }

    /// Two hidden layers of 40 units with tanh: a smooth curve.
    pub CurveSmooth: [1] -> [1] { fc1: Linear(40), Tanh, fc2: Linear(40), Tanh, fc3: Linear(1) }
}

const _: () = assert!(Moons::PARAMS == 522 && MoonsLarge::PARAMS == 4_009_002);
