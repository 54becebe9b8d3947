use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(32), n(32)] -> [n(16), _, _] {
        stem: Conv2d(n(1) -> n(16), kernel = n(3)),
    }
}

fn main() {}
