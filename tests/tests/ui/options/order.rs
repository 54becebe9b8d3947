use layercake::prelude::*;

network! {
    pub Net: [3, 28, 28] -> [_, _, _] {
        Conv2d(kernel = 3, 16),
    }
}

fn main() {}
