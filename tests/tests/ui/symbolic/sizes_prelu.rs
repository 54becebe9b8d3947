use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6), n(8), n(8)] -> [_, _, _] { PReLU(n(8)) }
    pub N2: [n(6), n(8), n(8)] -> [_, _, _] { PReLU(n(0)) }
}

fn main() {}
