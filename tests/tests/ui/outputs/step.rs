use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(6, kernel = 5) -> [6, 28, 28],
        Flatten,
        Linear(10),
    }
}

fn main() {}
