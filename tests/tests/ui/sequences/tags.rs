use layercake::prelude::*;

network! {
    pub Two: [8, 3] -> [8, 4] { LSTM(4) as (y, h), Add(y) }
    pub Three: [8, 3] -> [8, 4] { GRU(4) as (y, h, c), Add(y) }
}

fn main() {}
