use layercake::prelude::*;

network! {
    pub Net: [1, 8, 8] -> [_, _, _] {
        pool: MaxPool2d(2, dilation = 0),
    }
}

fn main() {}
