use layercake::prelude::*;

network! {
    block Conv(channels, groups) { Conv2d(channels, kernel = 3) }

    pub Net: [3, 8, 8] -> [4, 6, 6] { Conv(4, 3) }
}

fn main() {}
