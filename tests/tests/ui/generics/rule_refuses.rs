use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [H] -> [4] { Linear(8), Linear(H -> 4), Add(input) }
}

fn main() {}
