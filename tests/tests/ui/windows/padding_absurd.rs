use layercake::prelude::*;

network! {
    pub Net: [1, 8, 8] -> [_, _, _] {
        Conv2d(1, kernel = 3, padding = 0x7fff_ffff_ffff_ffff),
    }
}

fn main() {}
