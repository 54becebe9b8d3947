use layercake::prelude::*;

network! {
    pub LeNet5: [1, 28, 28] -> [10] {
        conv1: Conv2d(6, kernel = 5, padding = 2), Tanh, AvgPool2d(2),
        conv2: Conv2d(16, kernel = 5), Tanh, AvgPool2d(2),
        Flatten,
        fc1: Linear(410 -> 120), Tanh,
        fc2: Linear(10),
    }
}

fn main() {}
