use layercake::prelude::*;

network! {
    block Again { reuse fc, ReLU, reuse own, own: Linear(8) }

    pub Net: [8] -> [8] { fc: Linear(8), Again }
}

fn main() {}
