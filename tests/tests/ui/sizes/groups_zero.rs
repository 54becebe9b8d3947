use layercake::prelude::*;

network! {
    pub Net: [6, 8, 8] -> [6, 8, 8] {
        Conv2d(6, kernel = 1, groups = 0),
    }
}

fn main() {}
