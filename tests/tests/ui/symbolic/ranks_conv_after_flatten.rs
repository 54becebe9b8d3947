use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(28), n(28)] -> [n(10)] {
        Flatten,
        conv: Conv2d(n(16), kernel = n(3)),
        Flatten,
        Linear(n(10)),
    }
}

fn main() {}
