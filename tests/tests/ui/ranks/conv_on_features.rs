use layercake::prelude::*;

network! {
    pub Net: [28, 28] -> [16, _, _] {
        conv: Conv2d(16, kernel = 3),
    }
}

fn main() {}
