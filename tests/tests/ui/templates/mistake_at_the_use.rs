use layercake::prelude::*;

network! {
    block Conv(channels, size) { conv: Conv2d(channels, kernel = size), norm: BatchNorm2d, ReLU }
    block Two(channels) { Conv(channels, 3), Conv(channels, 9) }

    pub Net: [3, 8, 8] -> [_, _, _] {
        Conv(4, 20),
    }
    pub Zero: [3, 8, 8] -> [_, _, _] { Conv(0, 3) }
    pub Nested: [3, 8, 8] -> [_, _, _] { Two(4) }
    pub Flat: [192] -> [_, _, _] { Conv(4, 3) }
}

fn main() {}
