use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(784)] -> [n(10)] {
        Linear(n(0) -> n(10)),
    }
}

fn main() {}
