use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [16, 26, 26] {
        conv: Conv2d(16, kernel = 3),
        norm: BatchNorm1d,
    }
}

fn main() {}
