use layercake::prelude::*;

network! {
    pub Net: [3, 28, 28] -> [_] {
        Conv2d(6, 5),
        Conv2d(6 -> 64, 3),
        Conv2d(64, 64, 3),
        Conv2d(64, 3, bias),
        Conv2d(64, 3, 1, 1, 1, 1, 1, true, 9),
        MaxPool2d(2, 2),
        BatchNorm2d(64, 1e-5),
        LeakyReLU(0.2),
        LeakyReLU(0.2, 3),
        LeakyReLU(0.2, negative_slope = 0.1),
        Tanh(1),
        Flatten(1),
        Linear(64, 10),
        Linear(10, bias),
        Dropout(0.5, true),
        Softmax(0),
    }
}

fn main() {}
