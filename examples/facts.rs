//! Compile-time facts about a network: its sizes as constants, and budgets for parameters and operations that the compiler checks.

use layercake::prelude::*;

/// The image size. All other sizes are computed from it; if it is too small, the file does not compile.
const SIDE: usize = 28;
const CLASSES: usize = 10;

network! {
    /// A convolutional network whose input and output sizes are named constants.
    pub Net: [1, SIDE, SIDE] -> [CLASSES] {
        conv1: Conv2d(8, kernel = 5, stride = 2), ReLU,
        conv2: Conv2d(16, kernel = 3, stride = 2), ReLU,
        Flatten,
        fc: Linear(CLASSES),
    }
}

// Budgets for a small device: the build fails if the network exceeds them.
const _: () = assert!(Net::PARAMS < 10_000);
const _: () = assert!(Net::FLOPS < 1_000_000);

fn main() {
    println!("{}", Net::summary());
    println!();
    println!("{} layers, {:?} to {:?}", Net::LAYERS, Net::INPUT, Net::OUTPUT);
    println!("receptive field of the last map: {:?} pixels", Net::RECEPTIVE_FIELD);
    println!("{} activations per image", Net::ACTIVATIONS);

    let device = Cpu::seed_from_u64(0);
    let net = Net::new(&device);
    let image: Tensor<Rank4<1, 1, SIDE, SIDE>, f32, _> = device.ones();
    println!("logits of a white image: {:?}", net.forward(image).array());
}
