use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Net: [n(10)] -> [n(10)] {
        Dropout(f(1.5)), Dropout(p = -f(0.1)), Dropout(f(1.0)),
    }
}

fn main() {}
