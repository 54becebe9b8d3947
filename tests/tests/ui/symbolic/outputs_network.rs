use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(784)] -> [n(11)] {
        fc1: Linear(n(100)), ReLU,
        fc2: Linear(n(10)),
    }
}

fn main() {}
