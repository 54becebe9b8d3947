use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as h, Add(h, 3), Mul(2 * h), Add(8 -> 8), Sub(Linear(8)),
    }
}

fn main() {}
