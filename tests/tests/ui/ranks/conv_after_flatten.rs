use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Flatten,
        conv: Conv2d(16, kernel = 3),
        Flatten,
        Linear(10),
    }
}

fn main() {}
