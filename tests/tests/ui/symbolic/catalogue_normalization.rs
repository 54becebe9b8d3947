use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Pixels: [n(3), n(1), n(1)] -> [_, _, _] { InstanceNorm2d }
    pub Groups: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(4)) }
    pub Told: [n(6), n(8), n(8)] -> [_, _, _] { GroupNorm(n(2), channels = n(4)) }
    pub Open: [n(6), n(8), n(8)] -> [_, _, _] { LayerNorm }
    pub Last: [n(6), n(8)] -> [_, _] { LayerNorm(n(6)) }
    pub Size: [n(3), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(0)) }
    pub Divisor: [n(3), n(8), n(8)] -> [_, _, _] { LocalResponseNorm(n(5), k = f(0.0)) }
}

fn main() {}
