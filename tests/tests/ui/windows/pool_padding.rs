use layercake::prelude::*;

network! {
    pub Net: [1, 8, 8] -> [_, _, _] {
        AvgPool2d(2, padding = 2),
    }
}

fn main() {}
