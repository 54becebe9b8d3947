use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(6),
        Conv2d,
        pool: MaxPool2d(stride = 2),
        Flatten,
        Linear,
    }
}

fn main() {}
