use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(8)] -> [_, _, _] {
        MaxPool2d(n(4)), MaxPool2d(n(4)),
    }
}

fn main() {}
