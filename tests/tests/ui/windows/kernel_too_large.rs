use layercake::prelude::*;

network! {
    pub Net: [1, 4, 8] -> [_, _, _] {
        conv: Conv2d(6, kernel = 5),
    }
}

fn main() {}
