use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] {
        Residual { Conv2d(3, kernel = 3) },
        res: Residual(shortcut = { Conv2d(8, kernel = 1) }) { Conv2d(8, kernel = 3) },
    }
}

fn main() {}
