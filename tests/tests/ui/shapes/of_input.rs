use layercake::prelude::*;

network! {
    pub Net: [28.0, "28"] -> [10] {
        Flatten, Linear(10),
    }
}

fn main() {}
