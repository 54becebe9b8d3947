//! What is known about a network before it runs: facts as constants, a budget that the compiler keeps, sizes as named constants.

use layercake::prelude::*;

/// Change it, and every size below follows; make it too small, and this file no longer compiles.
const SIDE: usize = 28;
const CLASSES: usize = 10;

network! {
    /// A convolutional network with named sizes.
    pub Net: [1, SIDE, SIDE] -> [CLASSES] {
        conv1: Conv2d(8, kernel = 5, stride = 2), ReLU,
        conv2: Conv2d(16, kernel = 3, stride = 2), ReLU,
        Flatten,
        fc: Linear(CLASSES),
    }
}

// A budget for a small device: the build fails when the network outgrows it.
const _: () = assert!(Net::PARAMS < 10_000);
const _: () = assert!(Net::FLOPS < 1_000_000);

fn main() {
    println!("{}", Net::summary());
    println!();
    println!("{} layers take {:?} to {:?}", Net::LAYERS, Net::INPUT, Net::OUTPUT);
    println!("one element of the last map sees {:?} pixels of the image", Net::RECEPTIVE_FIELD);
    println!("one image writes {} numbers on its way", Net::ACTIVATIONS);

    let device = Cpu::seed_from_u64(0);
    let net = Net::new(&device);
    let image: Tensor<Rank4<1, 1, SIDE, SIDE>, f32, _> = device.ones();
    println!("scores of a white square: {:?}", net.forward(image).array());
}
