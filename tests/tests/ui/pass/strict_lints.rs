#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, single_use_lifetimes, unused_qualifications)]
//! What a strict crate denies does not show in generated code.

pub mod networks {
    //! Public, so that documentation is asked for.

    layercake::network! {
        /// LeNet-5 (LeCun et al., 1998).
        pub LeNet5: [1, 28, 28] -> [10] {
            conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
            /// The second convolution.
            conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
            Flatten,
            fc1: Linear(400 -> 120), Tanh,
            fc2: Linear(84), Tanh,
            fc3: Linear(10),
        }

        /// With a named constant.
        pub Wide: [super::WIDTH] -> [10] {
            Linear(2 * super::WIDTH), BatchNorm1d(affine = super::WIDTH > 100), Dropout, Linear(10, bias = false),
        }

        /// A file, whose names no lint would accept.
        pub Tagger = onnx("onnx/models/tagger.onnx", sequence = 5);

        Private: [784] -> [784] { ReLU, Flatten }
    }
}

/// The width of a network.
pub const WIDTH: usize = 64;

fn main() {
    const _: () = assert!(networks::LeNet5::PARAMS == 61_706);
    const _: () = assert!(networks::Wide::PARAMS == (64 + 1) * 128 + 128 * 10);
}
