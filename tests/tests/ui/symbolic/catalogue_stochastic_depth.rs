use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Beyond: [n(8)] -> [n(8)] { StochasticDepth(f(1.5)) }
    pub Certain: [n(8)] -> [n(8)] { Linear(n(8)), StochasticDepth(p = f(1.0)) }
}

fn main() {}
