use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(32), n(32)] -> [_, _, _] {
        stem: Conv2d(n(0), kernel = n(3)),
    }
}

fn main() {}
