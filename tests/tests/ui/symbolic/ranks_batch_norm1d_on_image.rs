use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(28), n(28)] -> [n(16), n(26), n(26)] {
        conv: Conv2d(n(16), kernel = n(3)),
        norm: BatchNorm1d,
    }
}

fn main() {}
