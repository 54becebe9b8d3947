use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(8)] -> [_] { fc: Linear(n(6)), reuse fc }
}

fn main() {}
