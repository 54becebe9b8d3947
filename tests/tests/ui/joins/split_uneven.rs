use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] {
        Split(2) as (a, b), from a, Add(b),
    }
    pub Axis: [8] -> [_] { Split(2, axis = 1) as (a, b), from a, Add(b) }
}

fn main() {}
