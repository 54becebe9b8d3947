use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Sum: [n(8)] -> [_] { Split([n(3), n(4)]) as (a, b), Concat(b, axis = n(0)) }
    pub First: [n(8)] -> [_] { Split([n(9), n(4)]) as (a, b), Concat(b, axis = n(0)) }
    pub None: [n(8)] -> [_] { Split([n(0), n(8)]) as (a, b), Concat(b, axis = n(0)) }
    pub Axis: [n(8)] -> [_] { Split([n(3), n(5)], axis = n(1)) as (a, b), Concat(b, axis = n(0)) }
    pub Uneven: [n(8)] -> [_] { Chunk(3) as (a, b, c), Add(b, c) }
    pub Fewer: [n(8)] -> [_] { Chunk(5) as (a, b, c, d, e), Add(b, c, d, e) }
    pub Many: [n(64)] -> [_] { Chunk(32) as a }
}

fn main() {}
