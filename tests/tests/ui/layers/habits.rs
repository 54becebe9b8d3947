use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Conv(6, kernel = 5), BatchNorm, MaxPool(2), Ravel, Dense(100), Identity, Drop, AveragePooling2D, Pool,
        Softmax2d, lrelu, Sigm, Sequential(Dense(10)), Dense(10), sequential,
    }
}

fn main() {}
