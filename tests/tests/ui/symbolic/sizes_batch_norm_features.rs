use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(32), n(32)] -> [n(16), n(30), n(30)] {
        conv: Conv2d(n(16), kernel = n(3)),
        norm: BatchNorm2d(n(32)),
    }
}

fn main() {}
