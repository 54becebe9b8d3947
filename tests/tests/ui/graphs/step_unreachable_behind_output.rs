use layercake::prelude::*;

network! {
    pub Net: [8] -> { mean: [4], log_var: [4] } {
        Linear(8) as h, mean: Linear(4), output mean,
        from h, log_var: Linear(4), output log_var,
        Tanh,
    }
}

fn main() {}
