use layercake::prelude::*;

network! {
    pub Net: [3, 32, 32] -> [16, 30, 30] {
        conv: Conv2d(16, kernel = 3),
        norm: BatchNorm2d(32),
    }
}

fn main() {}
