use layercake::prelude::*;

network! {
    pub Odd: [3, 8, 8] -> [_, _, _] { ConvTranspose2d(4, kernel = 2, stride = 2, output_padding = 2) }
    pub Cut: [3, 2, 2] -> [_, _, _] { ConvTranspose2d(4, kernel = 2, padding = 2) }
}

fn main() {}
