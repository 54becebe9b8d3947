use layercake::prelude::*;

network! {
    pub N1: [3, 4, 5] -> [_, _, _] { ConvTranspose2d(2, kernel = 3, output_padding = 1) }
    pub N2: [3, 4, 5] -> [_, _, _] { ConvTranspose2d(2, kernel = 2, padding = (3, 0)) }
    pub N3: [3, 4, 5] -> [_, _, _] { ConvTranspose2d(2, kernel = 2, padding = (0, 3)) }
    pub N4: [3, 4, 5] -> [_, _, _] { ConvTranspose2d(2 -> 2, kernel = 2) }
}

fn main() {}
