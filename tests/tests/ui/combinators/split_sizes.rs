use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Split(2) as (a, b), Linear(8),
        Split(4), Linear(8),
        Split([2, 6]) as (e, f, g), from e, Linear(8),
        Split() as (h, i), Linear(8),
    }
}

fn main() {}
