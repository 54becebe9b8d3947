use layercake::prelude::*;

network! {
    pub Net: [8] -> [4] {
        Linear(8) as hidden,
        ReLU, Linear(4),
    }
    pub Inner: [8] -> [4] {
        Repeat(2) { Linear(8) as inside, ReLU },
        Linear(4),
    }
}

fn main() {}
