use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(8)] -> [_] {
        Linear(n(4)) as h, Linear(n(5)), Add(h),
    }
}

fn main() {}
