use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Zero: [n(3), n(8), n(8)] -> [_, _, _] { Upsample(n(0)) }
    pub Corners: [n(3), n(8), n(8)] -> [_, _, _] { Upsample(n(2), align_corners = true) }
}

fn main() {}
