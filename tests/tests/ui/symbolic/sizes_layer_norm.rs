use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub N1: [n(3), n(8), n(8)] -> [_, _, _] { LayerNorm }
    pub N2: [n(3), n(8), n(8)] -> [_, _, _] { LayerNorm(n(8), n(7)) }
    pub N3: [n(3), n(8), n(8)] -> [_, _, _] { LayerNorm(n(1), n(3), n(8), n(8)) }
    pub N4: [n(3), n(8), n(8)] -> [_, _, _] { LayerNorm(n(8), eps = -f(1.0)) }
}

fn main() {}
