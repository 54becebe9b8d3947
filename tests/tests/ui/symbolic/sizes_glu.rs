use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(6), n(5)] -> [_, _] { GLU }
    pub N2: [n(6), n(5)] -> [_, _] { GLU(axis = n(2)) }
}

fn main() {}
