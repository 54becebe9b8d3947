use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Channels: [n(6), n(8), n(8)] -> [_, _, _] { GlobalAvgPool2d, Sigmoid as gate, from input, Mul(gate) }
    pub Ranks: [n(6), n(8), n(8)] -> [_, _, _] { Flatten, Linear(n(4)) as gate, from input, Add(gate) }
    pub Sizes: [n(6), n(8), n(8)] -> [_, _, _] { Conv2d(n(4), kernel = n(1)), MaxPool2d(n(8)) as gate, from input, Mul(gate) }
    pub Features: [n(4), n(6)] -> [_, _] { Linear(n(5)) as a, from input, Div(a) }
    pub Third: [n(4)] -> [_] { Linear(n(4)) as a, Tanh as b, Sigmoid, Div(a, b) }
    pub OneChannel: [n(6), n(8), n(8)] -> [_, _, _] { Residual { Conv2d(n(1), kernel = n(1)) } }
    pub OneFeature: [n(6)] -> [_] { Residual(shortcut = { Linear(n(1)) }) { Linear(n(6)) } }
}

fn main() {}
