use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(10), n(8), n(8)] -> [n(10), n(8), n(8)] {
        LogSoftmax,
    }
}

fn main() {}
