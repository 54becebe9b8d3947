use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] {
        Residual { Conv2d(n(3), kernel = n(3)) },
    }
}

fn main() {}
