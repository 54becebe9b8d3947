use layercake::prelude::*;

network! {
    pub Soft: [8] -> [8] { Softplus(beta = 0.0) }
    pub Hard: [8] -> [8] { Hardtanh(min_val = 2.0, max_val = 1.0) }
    pub Halves: [7] -> [_] { GLU }
    pub Slopes: [3, 8, 8] -> [_, _, _] { PReLU(4) }
}

fn main() {}
