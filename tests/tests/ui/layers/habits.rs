use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Conv(6, kernel = 5), BatchNorm, MaxPool(2), Reshape, Dense(100), Identity, Dense(10),
    }
}

fn main() {}
