use layercake::prelude::*;

network! {
    block Wrong(channels) { Conv2d(channels, kernal = 3), Relu, Linear(8) as h }
    block Around(channels) { Wrong(channels) }

    pub Net: [3, 8, 8] -> [4, 8, 8] { Wrong(4), Around(4), Wrong(5) }
}

fn main() {}
