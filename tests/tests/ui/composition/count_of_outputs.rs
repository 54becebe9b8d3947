use layercake::prelude::*;

network! {
    pub Vae: [4] -> { mean: [2], log_var: [2] } { Linear(2) as h, output mean, from h, Linear(2), output log_var }
    pub Net: [4] -> [2] { Vae as (mean, log_var, rest), from mean, Add(log_var, rest) }
}

fn main() {}
