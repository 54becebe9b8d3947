use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub N1: [n(6), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(0)) }
    pub N2: [n(6), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(3), alpha = -f(1.0)) }
    pub N3: [n(6), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(3), beta = f64::NAN) }
    pub N4: [n(6), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(3), k = f(0.0)) }
}

fn main() {}
