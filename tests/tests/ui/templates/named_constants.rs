use layercake::prelude::*;

const WIDTH: usize = 4;

network! {
    block Block(channels) { Residual { Conv2d(channels, kernel = 3, padding = 1), BatchNorm2d } }
    block Stated(size) { Linear(size) -> [9] }

    pub Net: [3, 8, 8] -> [_, _, _] { Block(WIDTH), Block(3) }
    pub Flat: [3] -> [_] { Stated(WIDTH) }
}

fn main() {}
