use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(8)] -> [_] { Maxout(n(4), pieces = n(0)) }
}

fn main() {}
