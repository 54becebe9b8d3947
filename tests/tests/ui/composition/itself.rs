use layercake::prelude::*;

network! {
    pub Net: [4] -> [4] { Linear(4), Net }
    pub Other: [4] -> [4] { Repeat(2) { Other } }
}

fn main() {}
