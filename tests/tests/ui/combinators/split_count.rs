use layercake::prelude::*;

const HALVES: usize = 2;

network! {
    pub Net: [8] -> [8] {
        Chunk as (a, b), Linear(8),
        Chunk(0) as c, Linear(8),
        Chunk(HALVES) as (d, e), from d, Add(e),
    }
}

fn main() {}
