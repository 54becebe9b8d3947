use layercake::prelude::*;

network! {
    pub Channels: [3, 8, 8] -> [4, 8, 8] { pool: MaxPool2d(2), Conv2d(4, kernel = 1), MaxUnpool2d(pool) }
    pub Size: [3, 8, 8] -> [3, 8, 8] { pool: MaxPool2d(2), AvgPool2d(2), MaxUnpool2d(pool) }
}

fn main() {}
