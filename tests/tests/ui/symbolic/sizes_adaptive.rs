use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8), n(8)] -> [_, _, _] { AdaptiveAvgPool2d((n(0), n(2))) }
    pub N2: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(2), output_size = n(0)) }
    pub N3: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(9), output_size = n(1)) }
    pub N4: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(3), output_size = n(7)) }
    pub N5: [n(3), n(8), n(8)] -> [_, _, _] { FractionalMaxPool2d(n(0), output_size = n(7)) }
}

fn main() {}
