use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { LayerNorm }
    pub N2: [3, 8, 8] -> [_, _, _] { LayerNorm(8, 7) }
    pub N3: [3, 8, 8] -> [_, _, _] { LayerNorm(1, 3, 8, 8) }
    pub N4: [3, 8, 8] -> [_, _, _] { LayerNorm(8, eps = -1.0) }
}

fn main() {}
