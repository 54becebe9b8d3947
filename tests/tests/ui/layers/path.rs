use layercake::prelude::*;

network! {
    pub Net: [784] -> [10] {
        nn::Linear(10),
        Linear::new(784, 10),
    }
}

fn main() {}
