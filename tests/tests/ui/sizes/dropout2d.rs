use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] { Dropout2d(1.5) }
}

fn main() {}
