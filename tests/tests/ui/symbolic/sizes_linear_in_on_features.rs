use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(784)] -> [n(10)] {
        fc1: Linear(n(256)), ReLU,
        fc2: Linear(n(128) -> n(10)),
    }
}

fn main() {}
