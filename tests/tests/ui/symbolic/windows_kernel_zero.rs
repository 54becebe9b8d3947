use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(8)] -> [_, _, _] {
        conv: Conv2d(n(6), kernel = n(0)),
    }
}

fn main() {}
