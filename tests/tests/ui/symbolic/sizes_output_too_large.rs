use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(2)] -> [_] {
        Linear(n(4611686018427387904)),
    }
}

fn main() {}
