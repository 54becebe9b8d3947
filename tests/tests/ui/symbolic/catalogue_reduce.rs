use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Twice: [n(3), n(8), n(8)] -> [_] { Mean(n(1), n(1)) }
    pub All: [n(3), n(8)] -> [_] { Amax(n(0), n(1)) }
}

fn main() {}
