use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(6, kernel = 5) -> [7, _, _],
        Flatten -> [_],
        Linear(10),
    }
}

fn main() {}
