use layercake::prelude::*;

network! {
    pub Shuffle: [6, 2, 2] -> [_, _, _] { PixelShuffle(2) }
    pub Factor: [4, 2, 2] -> [_, _, _] { PixelShuffle(0) }
    pub Beyond: [4, 5] -> [_] { Select(index = 4) }
    pub Axis: [4, 5] -> [_] { Select(axis = 2, index = 0) }
    pub Gone: [4] -> [_] { Select(index = 0) }
}

fn main() {}
