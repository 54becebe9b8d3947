use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 4, mask = A) }
    pub N2: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 1, mask = A) }
    pub N3: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = (1, 5), mask = A, stack = vertical) }
    pub N4: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 3, mask = B, colors = 0) }
    pub N5: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 3, mask = B, stack = vertical, colors = 3) }
    pub N6: [3, 8, 8] -> [_, _, _] { MaskedConv2d(7, kernel = 3, mask = B, colors = 3) }
    pub N7: [3, 8, 8] -> [_, _, _] { MaskedConv2d(8, kernel = 3, mask = B, colors = 2) }
}

fn main() {}
