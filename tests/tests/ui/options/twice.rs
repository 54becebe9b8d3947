use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [_, _, _] {
        conv: Conv2d(6, kernel = 5, stride = 1, kernel = 3),
        pool: MaxPool2d(2, kernel = 2),
    }
}

fn main() {}
