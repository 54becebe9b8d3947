use layercake::prelude::*;

network! {
    pub N1: [3, 8] -> [_, _] { Permute(0, 1, 2, 3, 4, 5) }
    pub N2: [3, 8] -> [_, _] { Permute(_, 0) }
    pub N3: [3, 8] -> [_, _] { Reshape(-1, 3) }
    pub N4: [3, 8] -> [_, _] { Permute(1 -> 0) }
    pub N5: [3, 8] -> [_, _] { Reshape(2.5, "x") }
    pub N6: [3, 8] -> [_, _] { Permute }
}

fn main() {}
