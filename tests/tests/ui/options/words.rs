use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { Upsample(2, mode = bilinaer) }
    pub N2: [3, 8, 8] -> [_, _, _] { Upsample(2, mode = "nearest") }
    pub N3: [3, 8, 8] -> [_, _, _] { Upsample(2, mode = 3) }
    pub N4: [3, 8, 8] -> [_, _, _] { MaskedConv2d(4, kernel = 3, mask = C) }
    pub N5: [3, 8, 8] -> [_, _, _] { Pad(1, mode = Interpolation::Nearest) }
}

fn main() {}
