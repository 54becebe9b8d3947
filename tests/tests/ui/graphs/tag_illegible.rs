use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as,
        Linear(8) as "skip",
        Linear(8) as fn,
        Chunk(2) as (a b),
        Chunk(2) as (),
        Linear(8) as h -> [8], Tanh, Add(h),
    }
}

fn main() {}
