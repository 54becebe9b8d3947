use layercake::prelude::*;

network! {
    pub Net: [10] -> [10] {
        Softmax(axis = 1),
    }
}

fn main() {}
