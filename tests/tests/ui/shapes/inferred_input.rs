use layercake::prelude::*;

network! {
    pub Net: [_, 28, 28] -> [10] {
        Flatten, Linear(10),
    }
}

fn main() {}
