use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(28), n(28)] -> [n(16), _, _] {
        conv: Conv2d(n(16), kernel = n(3)),
    }
}

fn main() {}
