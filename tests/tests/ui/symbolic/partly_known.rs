use layercake::prelude::*;

const CHANNELS: usize = 6;

network! {
    // The first mistake depends on a constant, the second does not.
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(CHANNELS, kernel = 29),
        Flatten,
        fc1: Linear(100),
        fc2: Linear(120 -> 10),
    }
}

fn main() {}
