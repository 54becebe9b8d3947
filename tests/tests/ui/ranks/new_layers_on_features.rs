use layercake::prelude::*;

network! {
    pub N1: [9] -> [_] { GlobalAvgPool2d }
    pub N2: [9] -> [_] { Dropout2d }
    pub N3: [9] -> [_] { InstanceNorm2d }
    pub N4: [9] -> [_] { LocalResponseNorm(3) }
    pub N5: [9] -> [_, _, _] { Upsample(2) }
    pub N6: [9] -> [_, _, _] { ConvTranspose2d(4, kernel = 2) }
    pub N7: [9] -> [_, _, _] { MaskedConv2d(4, kernel = 3, mask = A) }
    pub N8: [9] -> [_, _, _] { AdaptiveAvgPool2d(2) }
    pub N9: [9] -> [_, _, _] { FractionalMaxPool2d(2, output_size = 2) }
}

fn main() {}
