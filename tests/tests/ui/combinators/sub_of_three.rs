use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as a, Linear(8) as b, Tanh, Sub(a, b),
        Sub { {}, { ReLU }, { Tanh } },
    }
}

fn main() {}
