use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        Chunk(2),
        Linear(8), Chunk(2) as a, from a,
        Linear(8), Chunk(3) as (b, c), from b, Add(c),
        Linear(8), Chunk(2) as (d, e, f), from d, Add(e, f),
        Linear(4),
    }
}

fn main() {}
