use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] {
        Concat { { Conv2d(n(4), kernel = n(3)) }, { Conv2d(n(4), kernel = n(1)) } },
    }
    pub Axis: [n(3), n(8), n(8)] -> [_, _, _] { Concat(axis = n(3)) { {}, { ReLU } } }
}

fn main() {}
