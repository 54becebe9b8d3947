use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] { act: ReLU, Linear(8), reuse act }
}

fn main() {}
