use layercake::prelude::*;

network! {
    pub Net: [4294967296, 4294967296] -> [10] {
        Flatten, Linear(10),
    }
}

fn main() {}
