use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        type: Linear(100), ReLU,
        self: Linear(50),
        __runtime: Linear(10),
    }
}

fn main() {}
