use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Linear(8) as h, Tanh,
        Add(h, axis = 0),
        Concat(h, dim = 0), Linear(8),
        Concat(h, axes = 0), Linear(8),
        Concat(h, axis = -2),
        Maximum(0.5),
    }
}

fn main() {}
