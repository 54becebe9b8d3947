use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub N1: [n(6)] -> [_] { ELU(alpha = f64::NAN) }
    pub N2: [n(6)] -> [_] { Softplus(beta = f(0.0)) }
    pub N3: [n(6)] -> [_] { Softplus(threshold = f64::NAN) }
    pub N4: [n(6)] -> [_] { Hardtanh(min_val = f64::NAN) }
    pub N5: [n(6)] -> [_] { Hardtanh(min_val = f(2.0), max_val = f(1.0)) }
}

fn main() {}
