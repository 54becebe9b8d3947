use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(8)] -> [_, _, _] {
        pool: MaxPool2d(n(2), dilation = n(0)),
    }
}

fn main() {}
