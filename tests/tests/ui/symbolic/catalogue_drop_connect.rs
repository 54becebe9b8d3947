use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Beyond: [n(8)] -> [n(4)] { fc: Linear(n(4), drop_connect = f(1.5)) }
    pub Features: [n(8)] -> [n(4)] { fc: Linear(n(9) -> n(4), drop_connect = f(0.5)) }
    pub Image: [n(1), n(8), n(8)] -> [n(4)] { fc: DropConnect(n(4), p = f(0.5)) }
}

fn main() {}
