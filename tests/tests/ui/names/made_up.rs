use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        linear_2: Linear(100), ReLU,
        Linear(10),
    }
}

fn main() {}
