use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Residual { Conv2d(1, kernel = 3, padding = 1), ReLU },
        Flatten as flat,
        encoders::Encoder,
        Linear(10),
    }
}

fn main() {}
