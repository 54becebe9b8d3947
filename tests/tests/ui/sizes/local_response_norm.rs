use layercake::prelude::*;

network! {
    pub N1: [6, 8, 8] -> [_, _, _] { LocalResponseNorm(0) }
    pub N2: [6, 8, 8] -> [_, _, _] { LocalResponseNorm(3, alpha = -1.0) }
    pub N3: [6, 8, 8] -> [_, _, _] { LocalResponseNorm(3, beta = f64::NAN) }
    pub N4: [6, 8, 8] -> [_, _, _] { LocalResponseNorm(3, k = 0.0) }
}

fn main() {}
