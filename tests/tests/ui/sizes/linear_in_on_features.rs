use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc1: Linear(256), ReLU,
        fc2: Linear(128 -> 10),
    }
}

fn main() {}
