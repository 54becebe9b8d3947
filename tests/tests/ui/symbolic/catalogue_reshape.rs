use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Zero: [n(12)] -> [_, _] { Reshape(n(0), n(12)) }
    pub Other: [n(12)] -> [_, _] { Reshape(n(5), n(3)) }
    pub Inferred: [n(12)] -> [_, _] { Reshape(n(5), _) }
    pub Both: [n(12)] -> [_, _] { Reshape(_, _) }
    pub Order: [n(3), n(8), n(8)] -> [_, _, _] { Permute(n(0), n(0), n(1)) }
}

fn main() {}
