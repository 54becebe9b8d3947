use layercake::prelude::*;

network! {
    block DoubleConv(channels) { Conv2d(channels, kernel = 3), ReLU }

    pub Net: [3, 8, 8] -> [4, _, _] { DoubelConv(4) }
}

fn main() {}
