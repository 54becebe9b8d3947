use layercake::prelude::*;

network! {
    pub Net: [8] -> [_] {
        Linear(4) as h, Linear(5) as g, Sub(h), Linear(6), Mul(g),
        Maximum { { Linear(2) }, {}, { Linear(6) } },
    }
}

fn main() {}
