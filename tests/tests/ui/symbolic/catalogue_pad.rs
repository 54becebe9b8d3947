use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Features: [n(8)] -> [_] { Pad(n(1)) }
    pub Rows: [n(3), n(8)] -> [_, _] { Pad(n(1), top = n(1)) }
    pub Mirror: [n(3), n(8), n(8)] -> [_, _, _] { Pad(n(8), mode = reflect) }
}

fn main() {}
