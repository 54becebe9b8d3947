use layercake::prelude::*;

network! {
    pub Net: [1, 8, 8] -> [_, _, _] {
        MaxPool2d(4), MaxPool2d(4),
    }
}

fn main() {}
