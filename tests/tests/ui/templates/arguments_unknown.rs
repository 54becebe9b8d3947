use layercake::prelude::*;

network! {
    block Conv(channels, size = 3) { Conv2d(channels, kernel = size), ReLU }
    block Plain { ReLU }

    pub Net: [3, 8, 8] -> [4, _, _] {
        Conv(4, sise = 3),
        Conv(4, groups = 1),
        Conv(4, 3, 1),
        Conv(4, 3, size = 3),
        Conv(3 -> 4),
        Plain(3),
    }
}

fn main() {}
