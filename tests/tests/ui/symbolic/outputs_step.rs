use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(28), n(28)] -> [n(10)] {
        conv: Conv2d(n(6), kernel = n(5)) -> [n(6), n(28), n(28)],
        Flatten,
        Linear(n(10)),
    }
}

fn main() {}
