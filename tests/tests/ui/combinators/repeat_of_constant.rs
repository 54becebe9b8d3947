use layercake::prelude::*;

const DEPTH: usize = 3;

network! {
    pub Net: [8] -> [8] {
        Repeat(DEPTH) { Linear(8) },
        Linear(9 -> 8),
    }
    pub Sum: [8] -> [8] { Repeat(1 + 2) { Linear(8) } }
}

fn main() {}
