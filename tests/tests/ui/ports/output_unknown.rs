use layercake::prelude::*;

network! {
    pub Net: [8] -> { mean: [4], log_var: [4] } {
        Linear(4), output maen, output mean, output logits, output log_var,
    }
}

fn main() {}
