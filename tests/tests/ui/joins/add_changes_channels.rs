use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] {
        Add { { Conv2d(4, kernel = 1) }, { wide: Conv2d(6, kernel = 1) } },
    }
}

fn main() {}
