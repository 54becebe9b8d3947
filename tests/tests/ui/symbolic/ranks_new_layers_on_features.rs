use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub N1: [n(9)] -> [_] { GlobalAvgPool2d }
    pub N2: [n(9)] -> [_] { Dropout2d }
    pub N3: [n(9)] -> [_] { InstanceNorm2d }
    pub N4: [n(9)] -> [_] { LocalResponseNorm(n(3)) }
    pub N5: [n(9)] -> [_, _, _] { Upsample(n(2)) }
    pub N6: [n(9)] -> [_, _, _] { ConvTranspose2d(n(4), kernel = n(2)) }
    pub N7: [n(9)] -> [_, _, _] { MaskedConv2d(n(4), kernel = n(3), mask = A) }
    pub N8: [n(9)] -> [_, _, _] { AdaptiveAvgPool2d(n(2)) }
    pub N9: [n(9)] -> [_, _, _] { FractionalMaxPool2d(n(2), output_size = n(2)) }
}

fn main() {}
