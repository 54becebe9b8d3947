use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Odd: [n(3), n(8), n(8)] -> [_, _, _] { ConvTranspose2d(n(4), kernel = n(2), stride = n(2), output_padding = n(2)) }
    pub Cut: [n(3), n(2), n(2)] -> [_, _, _] { ConvTranspose2d(n(4), kernel = n(2), padding = n(2)) }
}

fn main() {}
