use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2D(6, kernel = 5), Relu,
        MaxPol2d(2), Flatten, linear(10),
    }
}

fn main() {}
