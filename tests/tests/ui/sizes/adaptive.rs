use layercake::prelude::*;

network! {
    pub N1: [3, 8, 8] -> [_, _, _] { AdaptiveAvgPool2d((0, 2)) }
    pub N2: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(2, output_size = 0) }
    pub N3: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(9, output_size = 1) }
    pub N4: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(3, output_size = 7) }
    pub N5: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(0, output_size = 7) }
}

fn main() {}
