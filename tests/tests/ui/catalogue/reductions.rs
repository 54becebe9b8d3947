use layercake::prelude::*;

network! {
    pub Global: [4] -> [_] { GlobalMaxPool2d, Linear(2) }
    pub Least: [4, 3] -> [_] { Amin(2), Linear(2) }
    pub All: [4, 3] -> [_] { Amin(0, 1), Linear(2) }
    pub Soft: [4, 3] -> [_, _] { Softmin(axis = 2) }
    pub Norm: [4, 3] -> [_, _] { norm: RMSNorm(4) }
    pub Smaller: [4] -> [_] { Linear(3) as a, Linear(5), Minimum(a) }
}

fn main() {}
