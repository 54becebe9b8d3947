use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Global: [n(4)] -> [_] { GlobalMaxPool2d, Linear(n(2)) }
    pub Least: [n(4), n(3)] -> [_] { Amin(n(2)), Linear(n(2)) }
    pub All: [n(4), n(3)] -> [_] { Amin(n(0), n(1)), Linear(n(2)) }
    pub Soft: [n(4), n(3)] -> [_, _] { Softmin(axis = n(2)) }
    pub Norm: [n(4), n(3)] -> [_, _] { norm: RMSNorm(n(4)) }
    pub Smaller: [n(4)] -> [_] { Linear(n(3)) as a, Linear(n(5)), Minimum(a) }
}

fn main() {}
