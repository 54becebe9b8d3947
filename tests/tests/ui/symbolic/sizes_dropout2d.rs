use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Net: [n(3), n(8), n(8)] -> [_, _, _] { Dropout2d(f(1.5)) }
}

fn main() {}
