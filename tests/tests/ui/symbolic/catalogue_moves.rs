use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Shuffle: [n(6), n(2), n(2)] -> [_, _, _] { PixelShuffle(n(2)) }
    pub Factor: [n(4), n(2), n(2)] -> [_, _, _] { PixelShuffle(n(0)) }
    pub Beyond: [n(4), n(5)] -> [_] { Select(index = n(4)) }
    pub Axis: [n(4), n(5)] -> [_] { Select(axis = n(2), index = n(0)) }
    pub Gone: [n(4)] -> [_] { Select(index = n(0)) }
}

fn main() {}
