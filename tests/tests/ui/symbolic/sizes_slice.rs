use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6), n(5)] -> [_, _] { Slice(start = n(1)) }
    pub N2: [n(6), n(5)] -> [_, _] { Slice(axis = n(1), end = n(6)) }
    pub N3: [n(6), n(5)] -> [_, _] { Slice(axis = n(1), start = n(5)) }
    pub N4: [n(6), n(5)] -> [_, _] { Slice(axis = n(1), start = n(3), end = n(2)) }
}

fn main() {}
