use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        layer: Repeat(2) { fc: Linear(8), fc: Linear(8) },
        layer: Linear(8),
        block: Residual { fc: Linear(8), fc: Linear(8) },
    }
}

fn main() {}
