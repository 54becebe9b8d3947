use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(1), n(28), n(28)] -> [n(10)] {
        Flatten, MaxPool2d(n(2)), Linear(n(10)),
    }
}

fn main() {}
