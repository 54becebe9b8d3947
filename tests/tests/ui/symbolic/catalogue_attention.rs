use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Features: [n(8)] -> [n(8)] { MultiheadAttention(n(2)) }
    pub Headless: [n(5), n(8)] -> [n(5), n(8)] { MultiheadAttention(n(0)) }
    pub Heads: [n(5), n(8)] -> [n(5), n(8)] { MultiheadAttention(n(3)) }
    pub Width: [n(5), n(8)] -> [n(5), n(8)] { MultiheadAttention(n(2), features = n(6)) }
    pub Probability: [n(5), n(8)] -> [n(5), n(8)] { MultiheadAttention(n(2), dropout = f(1.0)) }
}

fn main() {}
