use layercake::prelude::*;

network! {
    pub Features: [8] -> [8, 4] { LSTM(4) }
    pub Image: [3, 8, 8] -> [8, 4] { GRU(4) }
    pub Inputs: [8, 3] -> [8, 4] { RNN(5 -> 4) }
    pub Stateless: [8, 3] -> [8, _] { LSTM(0) }
    pub Layers: [8, 3] -> [8, 4] { LSTM(4, layers = 9) }
    pub Probability: [8, 3] -> [8, 4] { LSTM(4, layers = 2, dropout = 1.5) }
    pub Between: [8, 3] -> [8, 4] { GRU(4, dropout = 0.5) }
    pub Begin: { x: [8, 3], h: [4] } -> [8, 4] { from x, GRU(4, state = h) }
}

fn main() {}
