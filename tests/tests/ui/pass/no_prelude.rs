#![no_implicit_prelude]
//! A network without the prelude.

::layercake::network! {
    pub Net: [3, 8, 8] -> [10] {
        conv: Conv2d(8, kernel = 3), BatchNorm2d, ReLU, MaxPool2d(2), Dropout(0.1),
        Flatten, Linear(10),
    }

    Named: [WIDTH] -> [_] { Linear(WIDTH / 2, bias = false), Softmax }
}

const WIDTH: usize = 64;

fn main() {}
