use layercake::prelude::*;

network! {
    pub N1: [6] -> [_] { ELU(alpha = f64::NAN) }
    pub N2: [6] -> [_] { Softplus(beta = 0.0) }
    pub N3: [6] -> [_] { Softplus(threshold = f64::NAN) }
    pub N4: [6] -> [_] { Hardtanh(min_val = f64::NAN) }
    pub N5: [6] -> [_] { Hardtanh(min_val = 2.0, max_val = 1.0) }
}

fn main() {}
