use layercake::prelude::*;

network! {
    pub Net: [3, 32, 32] -> [_, _, _] {
        stem: Conv2d(0, kernel = 3),
    }
}

fn main() {}
