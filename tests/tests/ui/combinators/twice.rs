use layercake::prelude::*;

network! {
    pub Tags: [4] -> [4] {
        ReLU as x, LeakyReLU(negative_slope = 1.0) as y, Add(x, y),
        Chunk(2) as (a, b), Concat(a, b, axis = 0),
        Tanh as t, Mul(t),
        Sigmoid as s, from s as z, Tanh, Maximum(s, z),
        GELU as g, Tanh, Sub(g, g),
    }

    pub Branches: [4] -> [4] {
        Add { {}, {} },
        Tanh as t, Add { {}, { Same }, { ReLU } }, Sub(t),
        Concat(axis = 0) { { Sigmoid as s }, { from s } }, Linear(4),
        Residual {},
        Residual(drop = 0.2) { Same },
        Residual(shortcut = { Same }) { Same },
    }

    block Same { from input }
}

fn main() {}
