use layercake::prelude::*;

network! {
    pub Net: [7, 64] -> [7, 10] {
        Linear(32 -> 10),
    }
}

fn main() {}
