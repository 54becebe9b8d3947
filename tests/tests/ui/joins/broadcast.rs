use layercake::prelude::*;

network! {
    pub Channels: [6, 8, 8] -> [_, _, _] { GlobalAvgPool2d, Sigmoid as gate, from input, Mul(gate) }
    pub Ranks: [6, 8, 8] -> [_, _, _] { Flatten, Linear(4) as gate, from input, Add(gate) }
    pub Sizes: [6, 8, 8] -> [_, _, _] { Conv2d(4, kernel = 1), MaxPool2d(8) as gate, from input, Mul(gate) }
    pub Features: [4, 6] -> [_, _] { Linear(5) as a, from input, Div(a) }
    pub Third: [4] -> [_] { Linear(4) as a, Tanh as b, Sigmoid, Div(a, b) }
    pub OneChannel: [6, 8, 8] -> [_, _, _] { Residual { Conv2d(1, kernel = 1) } }
    pub OneFeature: [6] -> [_] { Residual(shortcut = { Linear(1) }) { Linear(6) } }
}

fn main() {}
