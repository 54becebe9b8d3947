use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc1: Linear(100) ReLU
        fc2: Linear(10),
    }
}

fn main() {}
