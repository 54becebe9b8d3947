use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [_, _, _] {
        conv: Conv2d(3 -> 6, kernel = 50, groups = 5),
    }
}

fn main() {}
