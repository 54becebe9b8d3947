use layercake::prelude::*;

const PAIR: (usize, usize) = (3, 3);
const SIZE: usize = 3;

network! {
    pub Net: [1, 28, 28] -> [_] {
        Conv2d(8, kernel = PAIR),
        Dropout(p = 1),
        Dropout(p = SIZE),
        Linear(8, bias = SIZE),
    }
}

fn main() {}
