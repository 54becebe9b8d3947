use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Even: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(4), mask = B) }
    pub Blind: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(1), mask = A) }
    pub Gray: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(3), mask = B, colors = n(0)) }
    pub Uneven: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(3), mask = B, colors = n(2)) }
    pub Rows: [n(3), n(8), n(8)] -> [_, _, _] { MaskedConv2d(n(6), kernel = n(3), mask = B, stack = vertical, colors = n(3)) }
}

fn main() {}
