use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        block Inner(size) { Linear(size) },
        Linear(8),
    }
}

fn main() {}
