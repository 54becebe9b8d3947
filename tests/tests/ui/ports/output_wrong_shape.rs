use layercake::prelude::*;

network! {
    pub Net: [8] -> { mean: [4], log_var: [4] } {
        Linear(4), output mean, Linear(5), output log_var,
    }
}

fn main() {}
