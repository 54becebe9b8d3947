use layercake::prelude::*;

network! {
    pub N1: [6, 5] -> [_] { Mean(2) }
    pub N2: [6, 5] -> [_] { Amax(1, 1) }
    pub N3: [6, 5] -> [_] { Mean(0, 1) }
}

fn main() {}
