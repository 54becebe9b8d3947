use layercake::prelude::*;

const HALVES: usize = 2;

network! {
    pub Net: [8] -> [8] {
        Split as (a, b), Linear(8),
        Split(0) as c, Linear(8),
        Split(HALVES) as (d, e), from d, Add(e),
    }
}

fn main() {}
