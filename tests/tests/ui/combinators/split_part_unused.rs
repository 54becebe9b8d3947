use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        Chunk(2) as (a, b), from a, ReLU,
    }
}

fn main() {}
