use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(7), n(64)] -> [n(7), n(10)] {
        Linear(n(32) -> n(10)),
    }
}

fn main() {}
