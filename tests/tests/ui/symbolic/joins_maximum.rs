use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    Widths: [n(4)] -> [_] { narrow: Linear(n(2)) as a, from input, wide: Linear(n(6)), Maximum(a) }

    Features: [n(8)] -> [_] { fc: Linear(n(4)), Embedding(n(10) -> n(3)) }
}

fn main() {}
