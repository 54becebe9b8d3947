use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        fc: Linear(100), ReLU,
        fc: Linear(10),
    }
}

fn main() {}
