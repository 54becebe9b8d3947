use layercake::prelude::*;

network! {
    pub Net<const H: usize>: [H, 4, 4] -> [_] { Conv2d(H, kernel = 3), Flatten, Linear(10) }
    pub Sum<const H: usize, const K: usize>: [H] -> [_] { Concat { { Linear(K) }, {} } }
    pub Maps<const H: usize>: [3, H, H] -> [_, _, _] { MaxPool2d(2) }
}

fn main() {}
