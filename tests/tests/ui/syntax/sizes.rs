use layercake::prelude::*;

network! {
    pub Net: [1 28, , 28] -> [1.0] { Flatten, Linear("10") }
}

fn main() {}
