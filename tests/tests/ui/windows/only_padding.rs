use layercake::prelude::*;

network! {
    pub Net: [1, 1, 1] -> [_, _, _] {
        MaxPool2d(2, padding = 1, dilation = 2),
    }
}

fn main() {}
