use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(9)] -> [_] { Pad(n(1)) }
}

fn main() {}
