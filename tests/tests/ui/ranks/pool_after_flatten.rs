use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [10] {
        Flatten, MaxPool2d(2), Linear(10),
    }
}

fn main() {}
