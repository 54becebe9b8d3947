use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] { Chunk([3, 5]) as (a, b), Linear(8) }
    pub States: [2, 4] -> [1, 4] { LSTM(4) as (_, (h_n, _)), from h_n }
}

fn main() {}
