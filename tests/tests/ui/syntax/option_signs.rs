use layercake::prelude::*;

network! {
    pub Net: [1, 28, 28] -> [_, _, _] {
        Conv2d(6, kernel: 5),
        Conv2d(6, kernel == 5),
        Conv2d(6 kernel = 5),
        Conv2d(6; kernel = 5),
        Conv2d(6, kernel = ),
        Conv2d(6 -> , kernel = 5),
        Conv2d( -> 6, kernel = 5),
    }
}

fn main() {}
