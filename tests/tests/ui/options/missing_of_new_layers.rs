use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { MaskedConv2d(4) }
    pub N2: [3, 8, 8] -> [_, _, _] { MaskedConv2d }
    pub N3: [3, 8, 8] -> [_, _, _] { Upsample }
    pub N4: [3, 8, 8] -> [_, _, _] { AdaptiveAvgPool2d }
    pub N5: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(2) }
    pub N6: [3, 8, 8] -> [_, _, _] { GroupNorm }
    pub N7: [3] -> [_] { Maxout(4) }
}

fn main() {}
