use layercake::prelude::*;

network! {
    pub N1: [3, 8] -> [_, _] { Reshape(0, 24) }
    pub N2: [3, 8] -> [_, _] { Reshape(5, 5) }
    pub N3: [3, 8] -> [_, _] { Reshape(_, 5) }
    pub N4: [3, 8] -> [_, _] { Reshape(_, _) }
}

fn main() {}
