use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(3 -> 6, kernel = 5), Tanh,
        Flatten,
        fc1: Linear(100 -> 120), Tanh,
        fc2: Linear(84 -> 10),
    }
}

fn main() {}
