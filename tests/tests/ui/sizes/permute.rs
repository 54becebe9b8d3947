use layercake::prelude::*;

network! {
    pub N1: [3, 8] -> [_, _] { Permute(1, 2) }
    pub N2: [3, 8] -> [_, _] { Permute(0) }
    pub N3: [3, 8] -> [_, _] { Permute(1, 1) }
}

fn main() {}
