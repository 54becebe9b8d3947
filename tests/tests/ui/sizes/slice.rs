use layercake::prelude::*;

network! {
    pub N1: [6, 5] -> [_, _] { Slice(start = 1) }
    pub N2: [6, 5] -> [_, _] { Slice(axis = 1, end = 6) }
    pub N3: [6, 5] -> [_, _] { Slice(axis = 1, start = 5) }
    pub N4: [6, 5] -> [_, _] { Slice(axis = 1, start = 3, end = 2) }
}

fn main() {}
