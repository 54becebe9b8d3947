use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] { reuse fc, ReLU, fc: Linear(8) }
}

fn main() {}
