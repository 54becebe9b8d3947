use layercake::prelude::*;

network! {
    pub Twice: [4, 6] -> [_, _] { Transpose(1, 1) }
    pub Beyond: [4, 6] -> [_, _] { Transpose(0, 2) }
    pub One: [4, 6] -> [_, _] { Transpose(1) }
    pub Three: [4, 6, 2] -> [_, _, _] { Transpose(0, 1, 2) }
    pub Gap: [4, 6] -> [_, _, _] { Unsqueeze(3) }
    pub Most: [2, 2, 2, 2, 2] -> [_, _, _, _, _] { Unsqueeze(0) }
    pub Size: [4, 6] -> [_] { Squeeze(1) }
    pub Only: [1] -> [_] { Squeeze(0) }
    pub NoAxis: [1, 4] -> [_] { Squeeze(2) }
    pub All: [4, 6] -> [_] { Sum(0, 1) }
    pub Sum2: [4, 6] -> [_] { Sum(2) }
}

fn main() {}
