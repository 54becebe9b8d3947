use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(28), n(28)] -> [n(10)] {
        conv: Conv2d(n(10), kernel = n(28)),
    }
}

fn main() {}
