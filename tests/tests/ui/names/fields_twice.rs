use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        a: Residual { b: Linear(8) },
        a_b: Linear(8),
        c_0_d: Linear(8),
        c: Repeat(2) { d: Linear(8) },
    }
}

fn main() {}
