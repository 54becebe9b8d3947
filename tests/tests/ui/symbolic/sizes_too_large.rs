use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(4294967296), n(4294967296)] -> [n(10)] {
        Flatten, Linear(n(10)),
    }
}

fn main() {}
