use layercake::prelude::*;

// A step in a sequence is called by its place.
network! {
    pub Net: [8] -> [4] {
        head: Sequential { Linear(16), ReLU, Linear(15 -> 4), Linear(4) -> [5] },
    }
}

fn main() {}
