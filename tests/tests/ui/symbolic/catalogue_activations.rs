use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Soft: [n(8)] -> [n(8)] { Softplus(beta = f(0.0)) }
    pub Hard: [n(8)] -> [n(8)] { Hardtanh(min_val = f(2.0), max_val = f(1.0)) }
    pub Halves: [n(7)] -> [_] { GLU }
    pub Slopes: [n(3), n(8), n(8)] -> [_, _, _] { PReLU(n(4)) }
}

fn main() {}
