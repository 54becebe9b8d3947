use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [4] -> [4] { Maxout(4, pieces = H) }
}

fn main() {}
