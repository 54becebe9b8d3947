use layercake::prelude::*;

network! {
    pub Sum: [8] -> [_] { Split([3, 4]) as (a, b), Concat(b, axis = 0) }
    pub First: [8] -> [_] { Split([9, 4]) as (a, b), Concat(b, axis = 0) }
    pub None: [8] -> [_] { Split([0, 8]) as (a, b), Concat(b, axis = 0) }
    pub Axis: [8] -> [_] { Split([3, 5], axis = 1) as (a, b), Concat(b, axis = 0) }
    pub Uneven: [8] -> [_] { Chunk(3) as (a, b, c), Add(b, c) }
    pub Fewer: [8] -> [_] { Chunk(5) as (a, b, c, d, e), Add(b, c, d, e) }
    pub Many: [64] -> [_] { Chunk(32) as a }
}

fn main() {}
