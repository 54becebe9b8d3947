use layercake::prelude::*;

network! {
    pub Net: [8] -> { mean: [4] } {
        Linear(4), output mean, Tanh, output mean,
    }
}

fn main() {}
