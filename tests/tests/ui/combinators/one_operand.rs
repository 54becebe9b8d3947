use layercake::prelude::*;

network! {
    pub Net: [8] -> [8] {
        Add { { Linear(8) } },
        Concat {},
        Add,
        Mul(),
        Concat(axis = 0),
    }
}

fn main() {}
