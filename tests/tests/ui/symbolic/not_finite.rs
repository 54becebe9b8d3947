use layercake::prelude::*;

network! {
    pub Exp: [8] -> [8] { ELU(alpha = f64::NAN) }
    pub Soft: [8] -> [8] { Softplus(threshold = f64::NAN) }
    pub Hard: [8] -> [8] { Hardtanh(min_val = f64::NAN) }
    pub Local: [3, 8, 8] -> [_, _, _] { LocalResponseNorm(5, alpha = f64::NAN) }
    pub Power: [3, 8, 8] -> [_, _, _] { LocalResponseNorm(5, beta = f64::NAN) }
}

fn main() {}
