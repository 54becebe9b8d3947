use layercake::prelude::*;

network! {
    pub Net: [64, 3, 32, 32] -> [10] {
        conv: Conv2d(16, kernel = 3), Flatten, Linear(10),
    }
}

fn main() {}
