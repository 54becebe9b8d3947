use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Wavelet(3), Flatten, Linear(10),
    }
}

fn main() {}
