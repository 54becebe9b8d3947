use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8)] -> [_, _] { Permute(n(1), n(2)) }
    pub N2: [n(3), n(8)] -> [_, _] { Permute(n(0)) }
    pub N3: [n(3), n(8)] -> [_, _] { Permute(n(1), n(1)) }
}

fn main() {}
