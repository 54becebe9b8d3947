use layercake::prelude::*;

network! {
    pub Net: [10] -> [10] {
        LeakyReLU(negative_slope = f64::INFINITY),
    }
}

fn main() {}
