use layercake::prelude::*;

network! {
    pub Nothing: [3, 8, 8] -> [_, _, _] { AdaptiveAvgPool2d(0) }
    pub Fractions: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(2, output_size = 9) }
    pub Large: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(9, output_size = 5) }
    pub None: [3, 8, 8] -> [_, _, _] { FractionalMaxPool2d(2, output_size = 0) }
}

fn main() {}
