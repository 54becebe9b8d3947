use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] { layer: Repeat(2) { fc: Linear(8) }, reuse fc }
}

fn main() {}
