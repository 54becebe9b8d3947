use layercake::prelude::*;

network! {
    pub Net: [6, 8, 8] -> [8, 8, 8] {
        Conv2d(8, kernel = 1, groups = 4),
    }
}

fn main() {}
