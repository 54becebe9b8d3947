use layercake::prelude::*;

network! {
    pub N1: [6] -> [_] { Maxout(3, pieces = 0) }
    pub N2: [6] -> [_] { Maxout(7 -> 3, pieces = 2) }
}

fn main() {}
