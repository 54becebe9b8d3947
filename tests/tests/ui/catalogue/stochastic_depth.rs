use layercake::prelude::*;

network! {
    pub Beyond: [8] -> [8] { StochasticDepth(1.5) }
    pub Certain: [8] -> [8] { Linear(8), StochasticDepth(p = 1.0) }
}

fn main() {}
