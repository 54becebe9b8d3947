use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(3), n(4), n(5)] -> [_, _, _] { ConvTranspose2d(n(2), kernel = n(3), output_padding = n(1)) }
    pub N2: [n(3), n(4), n(5)] -> [_, _, _] { ConvTranspose2d(n(2), kernel = n(2), padding = (n(3), n(0))) }
    pub N3: [n(3), n(4), n(5)] -> [_, _, _] { ConvTranspose2d(n(2), kernel = n(2), padding = (n(0), n(3))) }
    pub N4: [n(3), n(4), n(5)] -> [_, _, _] { ConvTranspose2d(n(2) -> n(2), kernel = n(2)) }
}

fn main() {}
