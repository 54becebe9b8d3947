use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Beyond: [n(8)] -> [_] { Slice(axis = n(0), start = n(2), end = n(9)) }
    pub Nothing: [n(8)] -> [_] { Slice(axis = n(0), start = n(3), end = n(3)) }
}

fn main() {}
