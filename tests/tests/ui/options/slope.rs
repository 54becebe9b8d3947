use layercake::prelude::*;

network! {
    pub Net: [10] -> [10] {
        LeakyReLU(negative_slope = 1e999),
    }
}

fn main() {}
