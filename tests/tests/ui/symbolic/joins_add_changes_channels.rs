use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] {
        Add { { Conv2d(n(4), kernel = n(1)) }, { wide: Conv2d(n(6), kernel = n(1)) } },
    }
}

fn main() {}
