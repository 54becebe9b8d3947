use layercake::prelude::*;

network! {
    pub Net<const N: usize>: [784] -> [10] { Linear(10) }
}

fn main() {}
