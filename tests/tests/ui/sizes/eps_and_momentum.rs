use layercake::prelude::*;

network! {
    pub Net: [10] -> [10] {
        BatchNorm1d(eps = -1e-5), BatchNorm1d(momentum = 1.1),
    }
}

fn main() {}
