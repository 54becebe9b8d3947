use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(8)] -> [_] {
        Linear(n(4)) as h, Linear(n(5)) as g, Sub(h), Linear(n(6)), Mul(g),
        Maximum { { Linear(n(2)) }, {}, { Linear(n(6)) } },
    }
}

fn main() {}
