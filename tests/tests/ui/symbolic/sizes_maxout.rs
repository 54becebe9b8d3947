use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6)] -> [_] { Maxout(n(3), pieces = n(0)) }
    pub N2: [n(6)] -> [_] { Maxout(n(7) -> n(3), pieces = n(2)) }
}

fn main() {}
