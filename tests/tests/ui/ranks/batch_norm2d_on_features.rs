use layercake::prelude::*;

network! {
    pub Net: [784] -> [16] {
        fc: Linear(16),
        norm: BatchNorm2d(16),
    }
}

fn main() {}
