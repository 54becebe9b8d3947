use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: { left: [n(8)], right: [n(9)] } -> [_] { Add(right) }
}

fn main() {}
