use layercake::prelude::*;

network! {
    pub Beyond: [8] -> [_] { Slice(axis = 0, start = 2, end = 9) }
    pub Nothing: [8] -> [_] { Slice(axis = 0, start = 3, end = 3) }
}

fn main() {}
