use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(784)] -> [_] {
        Linear(n(0)),
    }
}

fn main() {}
