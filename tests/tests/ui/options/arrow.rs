use layercake::prelude::*;

network! {
    pub Net: [3, 28, 28] -> [_, _, _] {
        MaxPool2d(2 -> 3),
        BatchNorm2d(3 -> 3),
        ReLU(3 -> 3),
    }
}

fn main() {}
