use layercake::prelude::*;

network! {
    pub Outer<const H: usize>: [8] -> [_] { Linear(H), Inner }
    pub Inner: [8] -> [8] { Linear(8) }
}

fn main() {}
