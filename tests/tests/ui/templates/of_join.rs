use layercake::prelude::*;

network! {
    block Block(channels) { Residual { Conv2d(channels, kernel = 3, padding = 1), BatchNorm2d } }

    pub Net: [3, 8, 8] -> [_, _, _] { Block(3), Block(4), Block(4) }
}

fn main() {}
