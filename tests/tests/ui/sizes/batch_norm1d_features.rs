use layercake::prelude::*;

network! {
    pub Net: [32] -> [16] {
        fc: Linear(16),
        norm: BatchNorm1d(61), ReLU,
    }
}

fn main() {}
