use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Shrink: [n(8)] -> [n(8)] { Softshrink(-f(0.5)) }
    pub Limit: [n(8)] -> [n(8)] { Threshold(f64::NAN, value = f(0.0)) }
    pub Instead: [n(8)] -> [n(8)] { Threshold(f(0.1), value = f64::NAN) }
    pub Unbounded: [n(8)] -> [n(8)] { Clamp }
    pub Lowest: [n(8)] -> [n(8)] { Clamp(min = f64::NAN) }
    pub Order: [n(8)] -> [n(8)] { Clamp(min = f(1.0), max = f(0.0)) }
    pub Nothing: [n(8)] -> [n(8)] { NanToNum(f64::NAN) }
    pub Lower: [n(8)] -> [n(8)] { RReLU(lower = f64::NAN) }
    pub Power: [n(8)] -> [n(8)] { Pow(f64::INFINITY) }
    pub Upper: [n(8)] -> [n(8)] { RReLU(lower = f(0.3), upper = f(0.1)) }
}

fn main() {}
