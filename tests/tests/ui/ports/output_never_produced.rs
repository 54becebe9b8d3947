use layercake::prelude::*;

network! {
    pub Net: [8] -> { mean: [4], log_var: [4] } {
        mean: Linear(4), output mean,
    }
}

fn main() {}
