use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Twice: [n(4), n(6)] -> [_, _] { Transpose(n(1), n(1)) }
    pub Beyond: [n(4), n(6)] -> [_, _] { Transpose(n(0), n(2)) }
    pub One: [n(4), n(6)] -> [_, _] { Transpose(n(1)) }
    pub Three: [n(4), n(6), n(2)] -> [_, _, _] { Transpose(n(0), n(1), n(2)) }
    pub Gap: [n(4), n(6)] -> [_, _, _] { Unsqueeze(n(3)) }
    pub Most: [n(2), n(2), n(2), n(2), n(2)] -> [_, _, _, _, _] { Unsqueeze(n(0)) }
    pub Size: [n(4), n(6)] -> [_] { Squeeze(n(1)) }
    pub Only: [n(1)] -> [_] { Squeeze(n(0)) }
    pub NoAxis: [n(1), n(4)] -> [_] { Squeeze(n(2)) }
    pub All: [n(4), n(6)] -> [_] { Sum(n(0), n(1)) }
    pub Sum2: [n(4), n(6)] -> [_] { Sum(n(2)) }
}

fn main() {}
