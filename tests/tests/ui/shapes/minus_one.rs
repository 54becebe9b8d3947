use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [-1] {
        Flatten,
    }
}

fn main() {}
