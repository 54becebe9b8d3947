use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

const fn f(number: f64) -> f64 {
    number
}

network! {
    pub Inner: [n(4), n(6)] -> [_, _] { Linear(n(5)) as keys, from input, MatMul(keys) }
    pub Turned: [n(4), n(6)] -> [_, _] { Linear(n(6)) as keys, from input, m: MatMul(keys) }
    pub Ranks: [n(4), n(6)] -> [_, _] { Flatten as keys, from input, MatMul(keys) }
    pub Rows: [n(6)] -> [_] { Linear(n(6)) as keys, from input, MatMul(keys) }
    pub Leads: [n(2), n(4), n(6)] -> [_, _, _] { Reshape(n(4), n(6), n(2)) as keys, from input, MatMul(keys) }
    pub Third: [n(4), n(4)] -> [_, _] { Linear(n(4)) as a, Tanh as b, Sigmoid, MatMul(a, b) }
    pub Scale: [n(4)] -> [_] { Rescaling(f64::INFINITY) }
    pub Offset: [n(4)] -> [_] { Rescaling(f(2.0), offset = f64::NAN) }
}

fn main() {}
