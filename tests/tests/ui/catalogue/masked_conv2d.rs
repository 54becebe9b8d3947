use layercake::prelude::*;

network! {
    pub Even: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 4, mask = B) }
    pub Blind: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 1, mask = A) }
    pub Gray: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 3, mask = B, colors = 0) }
    pub Uneven: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 3, mask = B, colors = 2) }
    pub Rows: [3, 8, 8] -> [_, _, _] { MaskedConv2d(6, kernel = 3, mask = B, stack = vertical, colors = 3) }
}

fn main() {}
