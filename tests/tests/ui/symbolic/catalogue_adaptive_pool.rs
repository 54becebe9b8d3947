use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Nothing: [n(3), n(8), n(8)] -> [_, _, _] { AdaptiveAvgPool2d(n(0)) }
    pub Fractions: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(2), output_size = n(9)) }
    pub Large: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(9), output_size = n(5)) }
    pub None: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(2), output_size = n(0)) }
}

fn main() {}
