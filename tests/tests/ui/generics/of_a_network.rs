use layercake::prelude::*;

network! {
    pub Encoder<const Z: usize>: [8] -> [Z] { Linear(Z) }
    pub Decoder<const Z: usize>: [Z] -> [8] { Linear(8) }
    pub Both<const Z: usize>: [8] -> [8] { encoder: Encoder<Z>, decoder: Decoder<Z> }
}

fn main() {}
