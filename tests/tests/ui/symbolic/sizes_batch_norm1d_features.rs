use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(32)] -> [n(16)] {
        fc: Linear(n(16)),
        norm: BatchNorm1d(n(61)), ReLU,
    }
}

fn main() {}
