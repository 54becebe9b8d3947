use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(0), n(32)] -> [n(10)] {
        Flatten, Linear(n(10)),
    }
}

fn main() {}
