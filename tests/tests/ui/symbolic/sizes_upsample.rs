use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8), n(8)] -> [_, _, _] { Upsample(n(0)) }
    pub N2: [n(3), n(8), n(8)] -> [_, _, _] { Upsample(n(2), align_corners = true) }
}

fn main() {}
