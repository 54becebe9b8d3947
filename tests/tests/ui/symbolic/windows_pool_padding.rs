use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(8)] -> [_, _, _] {
        AvgPool2d(n(2), padding = n(2)),
    }
}

fn main() {}
