use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(10, kernel = 28),
    }
}

fn main() {}
