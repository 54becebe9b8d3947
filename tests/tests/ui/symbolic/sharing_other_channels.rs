use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] { conv: Conv2d(n(4), kernel = n(3)), reuse conv }
}

fn main() {}
