use layercake::prelude::*;

network! {
    pub Inner: [4, 6] -> [_, _] { Linear(5) as keys, from input, MatMul(keys) }
    pub Turned: [4, 6] -> [_, _] { Linear(6) as keys, from input, m: MatMul(keys) }
    pub Ranks: [4, 6] -> [_, _] { Flatten as keys, from input, MatMul(keys) }
    pub Rows: [6] -> [_] { Linear(6) as keys, from input, MatMul(keys) }
    pub Leads: [2, 4, 6] -> [_, _, _] { Reshape(4, 6, 2) as keys, from input, MatMul(keys) }
    pub Third: [4, 4] -> [_, _] { Linear(4) as a, Tanh as b, Sigmoid, MatMul(a, b) }
    pub Scale: [4] -> [_] { Rescaling(f64::INFINITY) }
    pub Offset: [4] -> [_] { Rescaling(2.0, offset = f64::NAN) }
}

fn main() {}
