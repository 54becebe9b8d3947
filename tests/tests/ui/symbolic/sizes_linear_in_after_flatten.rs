use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub LeNet5: [n(1), n(28), n(28)] -> [n(10)] {
        conv1: Conv2d(n(6), kernel = n(5), padding = n(2)), Tanh, AvgPool2d(n(2)),
        conv2: Conv2d(n(16), kernel = n(5)), Tanh, AvgPool2d(n(2)),
        Flatten,
        fc1: Linear(n(410) -> n(120)), Tanh,
        fc2: Linear(n(10)),
    }
}

fn main() {}
