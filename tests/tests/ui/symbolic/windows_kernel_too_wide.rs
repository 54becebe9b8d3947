use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(4)] -> [_, _, _] {
        conv: Conv2d(n(6), kernel = (n(3), n(7)), padding = n(1)),
    }
}

fn main() {}
