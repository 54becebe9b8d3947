use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(784)] -> [n(16)] {
        fc: Linear(n(16)),
        norm: BatchNorm2d(n(16)),
    }
}

fn main() {}
