use layercake::prelude::*;

network! {
    pub Net: [3, 0, 32] -> [10] {
        Flatten, Linear(10),
    }
}

fn main() {}
