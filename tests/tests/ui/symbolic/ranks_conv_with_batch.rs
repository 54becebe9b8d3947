use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(64), n(3), n(32), n(32)] -> [n(10)] {
        conv: Conv2d(n(16), kernel = n(3)), Flatten, Linear(n(10)),
    }
}

fn main() {}
