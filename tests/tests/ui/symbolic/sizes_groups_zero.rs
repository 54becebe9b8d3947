use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(6), n(8), n(8)] -> [n(6), n(8), n(8)] {
        Conv2d(n(6), kernel = n(1), groups = n(0)),
    }
}

fn main() {}
