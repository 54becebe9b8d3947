use layercake::prelude::*;

network! {
    pub Shrink: [8] -> [8] { Softshrink(-0.5) }
    pub Limit: [8] -> [8] { Threshold(f64::NAN, value = 0.0) }
    pub Instead: [8] -> [8] { Threshold(0.1, value = f64::NAN) }
    pub Unbounded: [8] -> [8] { Clamp }
    pub Lowest: [8] -> [8] { Clamp(min = f64::NAN) }
    pub Order: [8] -> [8] { Clamp(min = 1.0, max = 0.0) }
    pub Nothing: [8] -> [8] { NanToNum(f64::NAN) }
    pub Lower: [8] -> [8] { RReLU(lower = f64::NAN) }
    pub Power: [8] -> [8] { Pow(f64::INFINITY) }
    pub Upper: [8] -> [8] { RReLU(lower = 0.3, upper = 0.1) }
}

fn main() {}
