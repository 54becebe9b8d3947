use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] {
        Chunk(2) as (a, b), from a, Add(b),
    }
    pub Axis: [8] -> [_] { Chunk(2, axis = 1) as (a, b), from a, Add(b) }
}

fn main() {}
