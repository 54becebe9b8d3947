use layercake::prelude::*;

network! {
    pub Net: [1, 8, 8] -> [_, _, _] {
        conv: Conv2d(6, kernel = 3, dilation = 4),
    }
}

fn main() {}
