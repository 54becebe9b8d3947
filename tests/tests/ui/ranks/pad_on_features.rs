use layercake::prelude::*;

network! {
    pub N1: [9] -> [_] { Pad(1) }
}

fn main() {}
