use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [8] -> [8] { Linear(8) }
}

fn main() {}
