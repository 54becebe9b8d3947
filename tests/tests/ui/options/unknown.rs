use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [_, _, _] {
        conv: Conv2d(6, kernal = 5),
        Conv2d(6, kernel = 5, color = 3),
        Tanh(speed = 2),
    }
}

fn main() {}
