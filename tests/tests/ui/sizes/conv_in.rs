use layercake::prelude::*;

network! {
    pub Net: [3, 32, 32] -> [16, _, _] {
        stem: Conv2d(1 -> 16, kernel = 3),
    }
}

fn main() {}
