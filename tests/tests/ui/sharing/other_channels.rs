use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] { conv: Conv2d(4, kernel = 3), reuse conv }
}

fn main() {}
