use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] {
        Chunk(2) as (a, b), from a, Add(b),
    }
    pub Axis: [n(8)] -> [_] { Chunk(2, axis = n(1)) as (a, b), from a, Add(b) }
}

fn main() {}
