use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Channels: [n(3), n(8), n(8)] -> [n(4), n(8), n(8)] { pool: MaxPool2d(n(2)), Conv2d(n(4), kernel = n(1)), MaxUnpool2d(pool) }
    pub Size: [n(3), n(8), n(8)] -> [n(3), n(8), n(8)] { pool: MaxPool2d(n(2)), AvgPool2d(n(2)), MaxUnpool2d(pool) }
}

fn main() {}
