use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(4), mask = A) }
    pub N2: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(1), mask = A) }
    pub N3: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = (n(1), n(5)), mask = A, stack = vertical) }
    pub N4: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(3), mask = B, colors = n(0)) }
    pub N5: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(3), mask = B, stack = vertical, colors = n(3)) }
    pub N6: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(7), kernel = n(3), mask = B, colors = n(3)) }
    pub N7: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(8), kernel = n(3), mask = B, colors = n(2)) }
}

fn main() {}
