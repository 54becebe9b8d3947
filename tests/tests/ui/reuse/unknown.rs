use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] { fc1: Linear(8), ReLU, reuse fc2, reuse somewhere }
}

fn main() {}
