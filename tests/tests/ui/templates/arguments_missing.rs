use layercake::prelude::*;

network! {
    block Conv(channels, size, padding = 0) { Conv2d(channels, kernel = size, padding = padding), ReLU }

    pub Net: [3, 8, 8] -> [4, _, _] {
        Conv(4),
        Conv(4, padding = 1),
        Conv,
        Conv(4, size = 3),
    }
}

fn main() {}
