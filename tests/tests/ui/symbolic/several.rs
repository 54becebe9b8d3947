use layercake::prelude::*;

const SIZE: usize = 28;
const CLASSES: usize = 10;

network! {
    pub Net: [1, SIZE, SIZE] -> [CLASSES + 1] {
        conv: Conv2d(3 -> 6, kernel = 5), Dropout(1.5),
        Flatten,
        fc1: Linear(SIZE -> 120), BatchNorm1d(momentum = 2.0),
        fc2: Linear(84 -> CLASSES),
    }
}

fn main() {}
