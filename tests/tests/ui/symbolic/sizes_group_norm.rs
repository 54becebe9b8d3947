use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub N1: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(4)) }
    pub N2: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(0)) }
    pub N3: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(2), channels = n(8)) }
    pub N4: [n(6), n(8), n(8)] -> [_, _, _] { InstanceNorm2d(n(8)) }
    pub N5: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(2), eps = -f(1.0)) }
    pub N6: [n(6), n(8), n(8)] -> [_, _, _] { InstanceNorm2d(eps = -f(1.0)) }
    pub N7: [n(6), n(1), n(1)] -> [_, _, _] { InstanceNorm2d }
}

fn main() {}
