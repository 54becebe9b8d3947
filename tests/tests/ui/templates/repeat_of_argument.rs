use layercake::prelude::*;

const DEPTH: usize = 3;

network! {
    block Deep(times, parts) { Repeat(times) { Linear(8) }, Chunk(parts) as (a, b), from a, Concat(b) }

    pub Net: [8] -> [8] { Deep(0, 2), Deep(DEPTH, 2), Deep(2, 3), Deep(1, 2) }
}

fn main() {}
