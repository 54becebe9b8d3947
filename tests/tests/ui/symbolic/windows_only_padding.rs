use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(1), n(1)] -> [_, _, _] {
        MaxPool2d(n(2), padding = n(1), dilation = n(2)),
    }
}

fn main() {}
