use layercake::prelude::*;

network! {
    pub One: { x: [8, 3], h: [1, 4] } -> [8, 4] { from x, LSTM(4, state = h) }
    pub Two: { x: [8, 3], h: [1, 4], c: [1, 4] } -> [8, 4] { from x, GRU(4, state = (h, c)) }
    pub Number: [8, 3] -> [8, 4] { GRU(4, state = 0) }
    pub Twice: { x: [8, 3], h: [1, 4] } -> [8, 4] { from x, GRU(4, state = h, state = h) }
    pub Nobody: [8, 3] -> [8, 4] { GRU(4, state = h) }
}

fn main() {}
