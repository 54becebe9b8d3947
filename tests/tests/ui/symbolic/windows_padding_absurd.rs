use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(8), n(8)] -> [_, _, _] {
        Conv2d(n(1), kernel = n(3), padding = n(0x7fff_ffff_ffff_ffff)),
    }
}

fn main() {}
