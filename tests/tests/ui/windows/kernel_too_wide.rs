use layercake::prelude::*;

network! {
    pub Net: [1, 8, 4] -> [_, _, _] {
        conv: Conv2d(6, kernel = (3, 7), padding = 1),
    }
}

fn main() {}
