use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8)] -> [_, _] { Reshape(n(0), n(24)) }
    pub N2: [n(3), n(8)] -> [_, _] { Reshape(n(5), n(5)) }
    pub N3: [n(3), n(8)] -> [_, _] { Reshape(_, n(5)) }
    pub N4: [n(3), n(8)] -> [_, _] { Reshape(_, _) }
}

fn main() {}
