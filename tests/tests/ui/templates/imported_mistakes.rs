use layercake::prelude::*;

mod blocks {
    use layercake::prelude::*;

    network! {
        Inner: [8] -> [8] { Linear(8) }
        block Middle() { Inner }
        pub block Outer() { Middle, ReLU }

        pub block Conv(channels) { Conv2d(channels, kernel = 3), ReLU }
    }
}

network! {
    use blocks::{Conv, Outer};

    pub Deep: [1, 4, 4] -> [3, 2, 2] { Conv(2), Conv(3), Conv(3) }
    pub Net: [8] -> [8] { Outer }
}

fn main() {}
