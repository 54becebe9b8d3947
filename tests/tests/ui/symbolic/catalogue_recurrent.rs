use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Features: [n(8)] -> [n(8), n(4)] { LSTM(n(4)) }
    pub Image: [n(3), n(8), n(8)] -> [n(8), n(4)] { GRU(n(4)) }
    pub Inputs: [n(8), n(3)] -> [n(8), n(4)] { RNN(n(5) -> n(4)) }
    pub Stateless: [n(8), n(3)] -> [n(8), _] { LSTM(n(0)) }
    pub Layers: [n(8), n(3)] -> [n(8), n(4)] { LSTM(n(4), layers = n(9)) }
    pub Probability: [n(8), n(3)] -> [n(8), n(4)] { LSTM(n(4), layers = n(2), dropout = f(1.5)) }
    pub Between: [n(8), n(3)] -> [n(8), n(4)] { GRU(n(4), dropout = f(0.5)) }
    pub Begin: { x: [n(8), n(3)], h: [n(4)] } -> [n(8), n(4)] { from x, GRU(n(4), state = h) }
}

fn main() {}
