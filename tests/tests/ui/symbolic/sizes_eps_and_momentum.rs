use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Net: [n(10)] -> [n(10)] {
        BatchNorm1d(eps = -f(1e-5)), BatchNorm1d(momentum = f(1.1)),
    }
}

fn main() {}
