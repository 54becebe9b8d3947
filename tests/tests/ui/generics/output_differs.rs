use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [8] -> [8] { Linear(H) }
    pub Step<const H: usize>: [8] -> [H] { Linear(H) -> [8], Linear(H) }
}

fn main() {}
