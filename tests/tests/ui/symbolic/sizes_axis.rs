use layercake::prelude::*;

const fn n(size: usize) -> usize {
    size
}

network! {
    pub Net: [n(10)] -> [n(10)] {
        Softmax(axis = n(1)),
    }
}

fn main() {}
