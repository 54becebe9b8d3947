use layercake::prelude::*;

network! {
    pub Net: [3, 8, 8] -> [_, _, _] {
        Concat { { Conv2d(4, kernel = 3) }, { Conv2d(4, kernel = 1) } },
    }
    pub Axis: [3, 8, 8] -> [_, _, _] { Concat(axis = 3) { {}, { ReLU } } }
}

fn main() {}
