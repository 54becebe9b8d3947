use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] {
        Residual { Conv2d(n(3), kernel = n(3)) },
        res: Residual(shortcut = { Conv2d(n(8), kernel = n(1)) }) { Conv2d(n(8), kernel = n(3)) },
    }
}

fn main() {}
