use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6), n(5)] -> [_] { Mean(n(2)) }
    pub N2: [n(6), n(5)] -> [_] { Amax(n(1), n(1)) }
    pub N3: [n(6), n(5)] -> [_] { Mean(n(0), n(1)) }
}

fn main() {}
