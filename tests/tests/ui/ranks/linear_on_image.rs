use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        conv: Conv2d(16, kernel = 3), ReLU, MaxPool2d(2),
        fc: Linear(10),
    }
}

fn main() {}
