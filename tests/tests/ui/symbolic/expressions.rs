use layercake::prelude::*;

const CLASSES: u32 = 10;
const WIDTH: usize = 64;

network! {
    pub Net: [28 * 28] -> [CLASSES] {
        fc1: Linear(2 * super::super::WIDTH), ReLU,
        fc2: Linear(CLASSES as usize),
    }
    pub Two: [WIDTH] -> [10] {
        fc1: Linear(WIDTH - 100), ReLU,
        fc2: Linear(undefined),
    }
}

fn main() {}
