use layercake::prelude::*;

network! {
    pub Twice: [3, 8, 8] -> [_] { Mean(1, 1) }
    pub All: [3, 8] -> [_] { Amax(0, 1) }
}

fn main() {}
