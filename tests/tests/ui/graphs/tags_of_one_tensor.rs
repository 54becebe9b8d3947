use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as (a, b), from a, Add(b),
        Repeat(2) { ReLU } as (c, d, e), Add(c), Add(d), Add(e),
    }
}

fn main() {}
