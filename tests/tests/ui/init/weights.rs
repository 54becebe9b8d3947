use layercake::prelude::*;

const WIDTH: usize = 8;

network! {
    pub Weights: [8] -> [8] {
        ReLU(init = zeros),
        norm: BatchNorm1d(init = kaiming_normal),
        plain: BatchNorm1d(affine = false, init = ones),
        Linear(8, init = orthogonal) as skip, ReLU, Add(skip, init = zeros),
    }

    pub Later: [WIDTH] -> [WIDTH] { norm: LayerNorm(init = xavier_normal) }
}

fn main() {}
