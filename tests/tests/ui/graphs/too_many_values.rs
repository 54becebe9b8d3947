use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Repeat(100) { Repeat(100) { Repeat(100) { Linear(8), ReLU } } },
    }
}

fn main() {}
