use layercake::prelude::*;

network! {
    Widths: [4] -> [_] { narrow: Linear(2) as a, from input, wide: Linear(6), Maximum(a) }

    Features: [8] -> [_] { fc: Linear(4), Embedding(10 -> 3) }
}

fn main() {}
